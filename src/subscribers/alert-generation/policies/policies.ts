import { z } from 'zod';

import { alertSeverities } from '../../../signals/alert.ts';

/** A number that a policy can be tuned by. */
export interface PolicyParameter {
  readonly meaning: string;
  readonly byDefault: number;
  readonly min: number;
  readonly max: number;
}

/** A kind of condition that is watched for: what it says when it holds, and what it can be tuned by. */
export interface PolicyKind {
  readonly kind: string;
  /** One sentence: when it fires. */
  readonly meaning: string;
  /** What is wrong, or only what follows from something that is: the latter joins the incident of what is. */
  readonly tells: 'cause' | 'consequence';
  /** Whether it holds without being asked for: for every task, for those whose template asks, or for none. */
  readonly appliesTo: 'every task' | 'critical workflows' | 'alert_on_failure' | 'the engine';
  readonly parameters: Readonly<Record<string, PolicyParameter>>;
}

const count = (meaning: string, byDefault: number): PolicyParameter => ({ meaning, byDefault, min: 1, max: 1_000_000 });
const ratio = (meaning: string, byDefault: number): PolicyParameter => ({ meaning, byDefault, min: 0, max: 1 });
const seconds = (meaning: string, byDefault: number): PolicyParameter => ({
  meaning,
  byDefault,
  min: 0,
  max: 2_592_000,
});
const factor = (meaning: string, byDefault: number): PolicyParameter => ({ meaning, byDefault, min: 1, max: 1000 });

/**
 * Natural logarithm of how much likelier trouble must be than chance. Wald's sequential test: with 18, healthy traffic
 * crosses it once in some tens of millions of attempts.
 */
const evidence: PolicyParameter = {
  meaning: 'How much evidence is asked for: the natural logarithm of how much likelier trouble is than chance.',
  byDefault: 18,
  min: 3,
  max: 100,
};

const forSeconds = (byDefault: number): PolicyParameter =>
  seconds('How long it must go on before it fires.', byDefault);

/** Everything that is watched for, the most specific first: that one speaks for an incident. `docs/reference/alert-policies.md` is made of this. */
export const policyKinds = [
  {
    kind: 'step_stalled',
    meaning: 'Attempts of a step give no sign of life for longer than their stall limit.',
    tells: 'cause',
    appliesTo: 'every task',
    parameters: {
      evidence: { ...evidence, byDefault: 10 },
      minimum_tasks: count('Different tasks that must hang.', 3),
      ratio: ratio('The share of attempts that stall that counts as trouble.', 0.3),
      alone_factor: factor('A single attempt fires when it has been silent for so many stall limits.', 10),
      for_seconds: forSeconds(0),
    },
  },
  {
    kind: 'error_ratio',
    meaning: 'Attempts of a step fail more often than the step\u2019s own past can explain.',
    tells: 'cause',
    appliesTo: 'every task',
    parameters: {
      evidence,
      minimum_tasks: count('Different tasks that must have been hit.', 3),
      ratio: ratio('The share of failing attempts that counts as trouble, where the past is better.', 0.3),
      for_seconds: forSeconds(0),
    },
  },
  {
    kind: 'step_slow',
    meaning: 'Attempts of a step take longer than nearly all of its own past.',
    tells: 'cause',
    appliesTo: 'every task',
    parameters: {
      evidence,
      minimum_tasks: count('Different tasks that must have been slow.', 8),
      factor: factor('The median of those that are slow must be so many times that of the past.', 1.5),
      growth_seconds: seconds('And so much longer: less is nobody\u2019s trouble.', 0.2),
      for_seconds: forSeconds(0),
    },
  },
  {
    kind: 'sla_breached',
    meaning: 'A task or a step passed its SLA while it was open.',
    tells: 'consequence',
    appliesTo: 'every task',
    parameters: {
      minimum_tasks: count('Different tasks within the window.', 1),
      window_seconds: seconds('How far back is counted.', 900),
      for_seconds: forSeconds(0),
    },
  },
  {
    kind: 'retries_exhausted',
    meaning: 'A step used its last attempt and failed for good.',
    tells: 'consequence',
    appliesTo: 'every task',
    parameters: {
      minimum_tasks: count('Different tasks within the window.', 1),
      window_seconds: seconds('How far back is counted.', 900),
      for_seconds: forSeconds(0),
    },
  },
  {
    kind: 'task_failed',
    meaning: 'A task failed for good.',
    tells: 'consequence',
    appliesTo: 'alert_on_failure',
    parameters: {
      minimum_tasks: count('Different tasks within the window.', 1),
      window_seconds: seconds('How far back is counted.', 900),
      for_seconds: forSeconds(0),
    },
  },
  {
    kind: 'high_value_failure',
    meaning: 'A task of a customer of a high tier, or of a high value, failed for good.',
    tells: 'consequence',
    appliesTo: 'critical workflows',
    parameters: {
      minimum_tasks: count('Different tasks within the window.', 1),
      window_seconds: seconds('How far back is counted.', 900),
      orders: factor(
        'A value of so many typical ones is high; typical is the median of what was asked for lately.',
        10,
      ),
      for_seconds: forSeconds(0),
    },
  },
  {
    kind: 'revenue_lost',
    meaning:
      'Tasks that failed for good, other than by a refusal (validation, permanent), or were cancelled were worth more than the limit.',
    tells: 'consequence',
    appliesTo: 'critical workflows',
    parameters: {
      window_seconds: seconds('How far back is counted.', 900),
      orders: factor('The limit, in typical values; typical is the median of what was asked for lately.', 20),
      minimum_tasks: count('Different tasks within the window.', 3),
      for_seconds: forSeconds(0),
    },
  },
  {
    kind: 'revenue_at_risk',
    meaning: 'Open tasks that failed an attempt, breached or stalled are worth more than the limit.',
    tells: 'consequence',
    appliesTo: 'critical workflows',
    parameters: {
      orders: factor('The limit, in typical values; typical is the median of what was asked for lately.', 20),
      minimum_tasks: count('Different tasks.', 3),
      for_seconds: forSeconds(30),
    },
  },
  {
    kind: 'conversion_drop',
    meaning: 'Fewer of the tasks that end complete than has been usual.',
    tells: 'consequence',
    appliesTo: 'every task',
    parameters: {
      evidence,
      window_seconds: seconds('The window that is compared with what was before it.', 600),
      minimum_tasks: count('Tasks that must have ended within the window.', 20),
      ratio: ratio('Below this share of the usual level.', 0.8),
      for_seconds: forSeconds(60),
    },
  },
  {
    kind: 'no_success',
    meaning: 'Tasks start, and none completes.',
    tells: 'consequence',
    appliesTo: 'every task',
    parameters: {
      window_seconds: seconds('How long none has completed; at least ten times a task\u2019s usual duration.', 600),
      minimum_tasks: count('Tasks that must have started within that time.', 5),
      for_seconds: forSeconds(0),
    },
  },
  {
    kind: 'no_traffic',
    meaning: 'Nothing is started where there was traffic.',
    tells: 'cause',
    appliesTo: 'every task',
    parameters: {
      expected: count('Tasks that should have been started meanwhile, by the lowest of the recent rates.', 25),
      minimum_seconds: seconds('Silence of less is none.', 4),
      for_seconds: forSeconds(0),
    },
  },
  {
    kind: 'worker_lost',
    meaning: 'A process ended without saying so.',
    tells: 'cause',
    appliesTo: 'the engine',
    parameters: {
      window_seconds: seconds('How long it is told of.', 300),
      for_seconds: forSeconds(0),
    },
  },
  {
    kind: 'worker_unresponsive',
    meaning: 'A process\u2019s event loop was blocked: meanwhile none of its tasks advanced.',
    tells: 'cause',
    appliesTo: 'the engine',
    parameters: {
      window_seconds: seconds('How long it is told of.', 300),
      for_seconds: forSeconds(0),
    },
  },
  {
    kind: 'subscriber_lagging',
    meaning: 'A subscriber is further behind the log than its limit allows.',
    tells: 'cause',
    appliesTo: 'the engine',
    parameters: { for_seconds: forSeconds(0) },
  },
  {
    kind: 'sink_failing',
    meaning: 'A sink cannot take what it is given.',
    tells: 'cause',
    appliesTo: 'the engine',
    parameters: { for_seconds: forSeconds(0) },
  },
] as const satisfies readonly PolicyKind[];

export type PolicyKindName = (typeof policyKinds)[number]['kind'];

/** A policy as it is written, in a configuration, a template or a policy file. Keys as in template files. */
export interface PolicyInput {
  /** Of a built-in one, which has its kind as its name, to change it; or a name of its own, with a kind. */
  readonly name: string;
  readonly kind?: PolicyKindName;
  /** Default true. */
  readonly enabled?: boolean;
  /** Which tasks and steps; all that is given must fit, `*` at the end fits anything. In a template: its own tasks. */
  readonly where?: { readonly namespace?: string; readonly task?: string; readonly step?: string };
  /** Instead of the one that follows from business impact. */
  readonly severity?: (typeof alertSeverities)[number];
  readonly runbook_url?: string;
  /** Of `high_value_failure`: values of `customer_tier` that are high. Default premium, enterprise, vip, platinum. */
  readonly tiers?: readonly string[];
  /** Of the kinds about money, instead of `orders`: minor units by currency. */
  readonly limits?: Readonly<Record<string, number>>;
  /** The kind's parameters. */
  readonly [parameter: string]: unknown;
}

const text = z.string().min(1).max(200);

export const policyInputSchema = z.looseObject({
  name: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, 'expected 1 to 64 of A-Z a-z 0-9 _ . -'),
  kind: z.enum(policyKinds.map(({ kind }) => kind)).optional(),
  enabled: z.boolean().optional(),
  where: z.strictObject({ namespace: text.optional(), task: text.optional(), step: text.optional() }).optional(),
  severity: z.enum(alertSeverities).optional(),
  runbook_url: z.url({ protocol: /^https?$/ }).optional(),
  tiers: z.array(text).min(1).optional(),
  limits: z.record(z.string().regex(/^[A-Z]{3}$/), z.number().positive()).optional(),
});
