import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { scale } from '../../test/support/scale.ts';
import { stepTemplate, taskTemplate } from '../../test/support/template.ts';
import { catalogEntry } from '../events/catalog.ts';
import { beginAttempt, completeAttempt, failAttempt, recoverLostAttempts } from './decide-attempt.ts';
import { operate, type OperatorCommand } from './decide-operator.ts';
import { checkDeadlines, createTask, settleTask, startTask } from './decide-task.ts';
import { evolve } from './evolve.ts';
import { startableSteps } from './readiness.ts';
import { lossLimit } from './retry-policy.ts';
import { hasEnded, isDone, type Status, stepTransitions, taskTransitions } from './states.ts';
import { TaskDraft } from './task-draft.ts';
import type { TaskFact } from './task-fact.ts';
import { planTask, type TaskPlan } from './task-plan.ts';
import type { TaskState } from './task-state.ts';
import { findUnclear } from './unclear-state.ts';

const who = { by: 'ada', why: 'test' };

interface Move {
  readonly kind: 'begin' | 'succeed' | 'fail' | 'timeout' | 'permanent' | 'crash' | 'wait' | OperatorCommand['kind'];
  readonly pick: number;
  readonly whole: boolean;
}

const plans = fc
  .array(
    fc.record({
      parents: fc.array(fc.nat(5), { maxLength: 3 }),
      retryable: fc.boolean(),
      retryLimit: fc.integer({ min: 1, max: 3 }),
      skippable: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6, size: 'max' },
  )
  .chain((steps) =>
    fc.record({
      plan: fc.record({ concurrent: fc.boolean(), sla: fc.boolean() }).map(({ concurrent, sla }) =>
        planTask(
          taskTemplate(
            steps.map(({ parents, ...rest }, index) =>
              stepTemplate(`s${index}`, {
                ...rest,
                // Only on earlier steps: no cycles.
                dependsOn: [...new Set(parents.filter((parent) => parent < index).map((parent) => `s${parent}`))],
                slaMs: sla ? 2500 : null,
              }),
            ),
            { concurrent, monitoring: { slaMs: sla ? 4000 : null, criticalWorkflow: false, alertOnFailure: false } },
          ),
        ),
      ),
      bypass: fc.constant(steps.flatMap((step, index) => (step.skippable && index % 2 === 0 ? [`s${index}`] : []))),
    }),
  );

const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.record({
    kind: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom('begin', 'succeed' as const) },
      { weight: 4, arbitrary: fc.constantFrom('fail', 'timeout', 'wait' as const) },
      { weight: 1, arbitrary: fc.constantFrom('permanent', 'crash', 'cancel', 'retry', 'resolve', 'skip' as const) },
    ),
    pick: fc.nat(50),
    whole: fc.boolean(),
  }),
  // The default size gives a handful of moves: too few to fail, be retried and fail again.
  { maxLength: 60, size: 'max' },
);

/** What an observer would keep who knows only the rules, in the plainest form: statuses and counts. */
class Model {
  task: Status = 'pending';
  readonly steps: {
    name: string;
    status: Status;
    attempts: number;
    failures: number;
    losses: number;
    keyGeneration: number;
  }[];
  readonly #plan: TaskPlan;

  constructor(plan: TaskPlan) {
    this.#plan = plan;
    this.steps = plan.steps.map(({ template }) => ({
      name: template.name,
      status: 'pending',
      attempts: 0,
      failures: 0,
      losses: 0,
      keyGeneration: 1,
    }));
  }

  ready(index: number): boolean {
    return (this.#plan.steps[index]?.dependencies ?? []).every((parent) =>
      isDone(this.steps[parent]?.status ?? 'pending'),
    );
  }

  lose(index: number, kind: 'fail' | 'timeout' | 'permanent' | 'crash'): void {
    const step = this.steps[index];
    const template = this.#plan.steps[index]?.template;
    assert.ok(step && template);
    if (kind === 'crash') {
      step.losses += 1;
      step.status = !template.retryable || step.losses >= lossLimit ? 'error' : 'pending';
    } else {
      step.failures += 1;
      step.status =
        kind === 'permanent' || !template.retryable || step.failures >= template.retryLimit ? 'error' : 'pending';
    }
  }

  settle(): void {
    if (this.task !== 'in_progress') return;
    if (
      this.steps.some(
        (step, index) => step.status === 'in_progress' || (step.status === 'pending' && this.ready(index)),
      )
    )
      return;
    this.task = this.steps.every((step) => isDone(step.status)) ? 'complete' : 'error';
  }
}

class Run {
  readonly plan: TaskPlan;
  readonly model: Model;
  readonly facts: TaskFact[] = [];
  state: TaskState;
  now = 1_000_000;

  constructor(plan: TaskPlan, bypass: readonly string[]) {
    this.plan = plan;
    this.model = new Model(plan);
    const draft = new TaskDraft(plan, null, this.now);
    createTask(draft, { templateId: 't', initiator: 'i', sourceSystem: 's', reason: 'r', omittedContext: [] });
    startTask(draft, { steps: bypass, by: 'i', why: 'r' });
    settleTask(draft);
    this.state = draft.state;
    this.facts.push(...draft.facts);
    this.model.task = 'in_progress';
    for (const step of this.model.steps) if (bypass.includes(step.name)) step.status = 'resolved_manually';
    this.model.settle();
  }

  turn(decide: (draft: TaskDraft) => void): void {
    const draft = new TaskDraft(this.plan, this.state, this.now);
    checkDeadlines(draft);
    decide(draft);
    settleTask(draft);
    this.model.settle();
    this.state = draft.state;
    this.facts.push(...draft.facts);
  }

  apply({ kind, pick, whole }: Move): void {
    const running = this.model.steps.flatMap((step, index) => (step.status === 'in_progress' ? [index] : []));
    const chosen = running[pick % Math.max(1, running.length)];
    switch (kind) {
      case 'wait':
        this.now += 1000;
        return this.turn(() => undefined);
      case 'begin':
        return this.begin(pick);
      case 'crash':
        for (const index of running) this.model.lose(index, 'crash');
        return this.turn(recoverLostAttempts);
      case 'succeed':
      case 'fail':
      case 'timeout':
      case 'permanent':
        if (chosen !== undefined) this.finish(chosen, kind);
        return;
      default:
        return this.operate(kind, pick, whole);
    }
  }

  begin(pick: number): void {
    const names = startableSteps(this.plan, this.state, this.now, 12);
    const name = names[pick % Math.max(1, names.length)];
    if (name === undefined) return;
    const index = this.plan.steps.findIndex((step) => step.template.name === name);
    const step = this.model.steps[index];
    assert.ok(step !== undefined && step.status === 'pending' && this.model.ready(index), `${name} is not ready`);
    step.status = 'in_progress';
    step.attempts += 1;
    this.turn((draft) => beginAttempt(draft, name, 'span'));
  }

  finish(index: number, kind: 'succeed' | 'fail' | 'timeout' | 'permanent'): void {
    const step = this.model.steps[index];
    assert.ok(step);
    if (kind === 'succeed') {
      step.status = 'complete';
      return this.turn((draft) =>
        completeAttempt(draft, { step: step.name, durationMs: 1, results: {}, omittedResults: [] }),
      );
    }
    this.model.lose(index, kind);
    this.turn((draft) =>
      failAttempt(draft, {
        step: step.name,
        durationMs: 1,
        cause: kind === 'timeout' ? 'timeout' : 'error',
        error: { type: 'Error' },
        permanent: kind === 'permanent',
        chance: 0.5,
      }),
    );
  }

  operate(kind: OperatorCommand['kind'], pick: number, whole: boolean): void {
    const target = this.model.steps[pick % this.model.steps.length];
    const template = this.plan.steps[pick % this.model.steps.length]?.template;
    assert.ok(target && template);
    const step = whole && kind !== 'skip' ? undefined : target.name;
    const command = {
      kind,
      ...who,
      step: step ?? '',
      results: {},
      omittedResults: [],
      ...(step === undefined && { step: undefined }),
      newIdempotencyKey: pick % 2 === 0,
    } as OperatorCommand;
    const before = target.status;
    const expected = this.expectOperation(kind, step === undefined ? null : target, template.skippable);
    // A task's retry gives no new keys, whatever is asked.
    if (expected && kind === 'retry' && step !== undefined && before === 'error' && pick % 2 === 0)
      target.keyGeneration += 1;
    this.turn((draft) => {
      const refusal = operate(draft, command);
      assert.equal(refusal === null, expected, `${kind} ${step ?? 'task'}: ${refusal?.message ?? 'accepted'}`);
    });
  }

  /** Applies the operation to the model; false if it must be refused. */
  expectOperation(kind: OperatorCommand['kind'], step: Model['steps'][number] | null, skippable: boolean): boolean {
    const { model } = this;
    const open = ['pending', 'in_progress', 'error'].includes(model.task);
    if (kind === 'cancel') {
      if (model.task === 'complete' || model.task === 'cancelled') return false;
      for (const each of model.steps) if (!isDone(each.status)) each.status = 'cancelled';
      model.task = 'cancelled';
      return true;
    }
    const reset = (each: Model['steps'][number]): void => {
      each.status = 'pending';
      each.failures = 0;
      each.losses = 0;
    };
    if (step === null) {
      if (model.task !== 'error') return false;
      if (kind === 'resolve') model.task = 'resolved_manually';
      else {
        for (const each of model.steps) if (each.status === 'error') reset(each);
        model.task = 'in_progress';
      }
      return true;
    }
    if (!open) return false;
    if (kind === 'retry') {
      if (step.status !== 'error') return false;
      reset(step);
    } else {
      if (step.status !== 'error' && step.status !== 'pending') return false;
      if (kind === 'skip' && !skippable) return false;
      step.status = 'resolved_manually';
    }
    model.task = 'in_progress';
    return true;
  }

  check(): void {
    assert.equal(this.state.status, this.model.task);
    assert.deepEqual(
      this.state.steps.map(({ name, status, attempts, failures, losses, keyGeneration }) => ({
        name,
        status,
        attempts,
        failures,
        losses,
        keyGeneration,
      })),
      this.model.steps,
    );
    assert.equal(findUnclear(this.plan, this.state), null);
    assert.equal(this.state.endedAt === null, !hasEnded(this.state.status));
    if (!this.plan.template.concurrent)
      assert.ok(this.state.steps.filter((step) => step.status === 'in_progress').length <= 1);
  }
}

test('whatever graph, failures and operator actions: the machines agree with a plain model, and the facts fold to the same state', () => {
  fc.assert(
    fc.property(plans, moves, ({ plan, bypass }, sequence) => {
      const run = new Run(plan, bypass);
      run.check();
      for (const move of sequence) {
        run.apply(move);
        run.check();
      }
      const folded = run.facts.reduce<TaskState | null>((state, fact) => evolve(plan, state, fact), null);
      assert.deepEqual(folded, run.state);
      for (const fact of run.facts) catalogEntry(fact.name)?.payload.parse(fact.payload);
    }),
    { numRuns: 600 * scale },
  );
});

test('each fact is recorded once per task, step and attempt', () => {
  fc.assert(
    fc.property(plans, moves, ({ plan, bypass }, sequence) => {
      const run = new Run(plan, bypass);
      for (const move of sequence) run.apply(move);
      const endings = new Map<string, number>();
      for (const fact of run.facts) {
        if (fact.attempt === undefined || fact.attempt === 0) continue;
        const key = `${fact.step ?? ''}#${fact.attempt}`;
        if (fact.name === 'step.execution_requested') {
          assert.ok(!endings.has(key), `${key} began twice`);
          endings.set(key, 0);
        } else if (fact.name === 'step.completed' || fact.name === 'step.failed') {
          endings.set(key, (endings.get(key) ?? 0) + 1);
        }
      }
      for (const [key, count] of endings) assert.ok(count <= 1, `${key} ended ${count} times`);
      const breaches = run.facts.filter((fact) => fact.name === 'task.sla_breached').length;
      assert.ok(breaches <= 1, `the task's SLA was breached ${breaches} times`);
    }),
    { numRuns: 300 * scale },
  );
});

test('complete is final for tasks, and every state but the final ones can be left', () => {
  assert.deepEqual(taskTransitions.complete, []);
  assert.deepEqual(stepTransitions.complete, []);
  assert.deepEqual(taskTransitions.error.toSorted(), ['cancelled', 'pending', 'resolved_manually']);
  assert.ok(stepTransitions.in_progress.includes('pending'));
});
