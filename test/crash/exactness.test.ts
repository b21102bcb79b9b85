import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import Database from 'better-sqlite3';

import { seededRandom } from '../../src/testing/seeded-random.ts';
import { scale } from '../support/scale.ts';
import type { ExactState } from './exact-subscriber.ts';
import type { ExactnessOptions } from './exactness-process.ts';
import type { RandomContext } from './random-tasks.ts';

const entry = fileURLToPath(new URL('./exactness-process.ts', import.meta.url));
const names = ['here', 'in-thread'];
const seed = 20_261;
// The short form does each of what an operator does meanwhile once; the long one has sixty kills over 10,000 tasks.
const rounds = scale > 1 ? 6 * scale : 3;
const tasks = scale > 1 ? 1000 * scale : 500;

/** Runs the process to its end, or kills it after that many commits. */
async function runProcess(options: ExactnessOptions, killAfterCommits?: number) {
  const child = spawn(process.execPath, [entry, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'pipe'] });
  const said = new Map<string, string>();
  let commits = 0;
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [what = '', ...rest] = line.split(' ');
    said.set(what, rest.join(' '));
    if (what === 'commit') commits += 1;
    if (commits === killAfterCommits) child.kill('SIGKILL');
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  assert.ok(code === 0 || signal === 'SIGKILL', `the engine ended with ${code}: ${stderr}`);
  return { killed: signal === 'SIGKILL', said };
}

/** What the state must be, by SQL over the log alone: all up to the checkpoint, but what was given up. */
function expected(db: Database.Database, checkpoint: number, dropped: readonly number[]): ExactState {
  const counted = `(name like 'task.%' or name like 'step.%' or name like 'worker.%')
    and position <= ${checkpoint} and position not in (select value from json_each('${JSON.stringify(dropped)}'))`;
  const byName = db
    .prepare<[], { name: string; count: number }>(
      `select name, count(*) as count from events where ${counted} group by name`,
    )
    .all();
  const one = (sql: string): number => db.prepare<[], number>(sql).pluck().get() ?? 0;
  return {
    byName: Object.fromEntries(byName.map(({ name, count }) => [name, count])),
    value: one(
      `select total(json_extract(body_json, '$.business.order_value')) from events where ${counted} and name = 'task.completed'`,
    ),
    retriedAttempts: one(`select total(attempt) from events where ${counted} and name = 'step.retry_requested'`),
  };
}

const counted = ['revenue_processed', 'revenue_lost', 'revenue_regained', 'conversions', 'tasks_started', 'units_sold'];

/** The samples of the metrics that are compared, by name and labels; those of 0 left out. */
function metricsOf(said: string): Readonly<Record<string, number>> {
  const lines = (JSON.parse(said) as string).split('\n').filter((line) => !line.startsWith('#'));
  const samples = lines.flatMap((line) => {
    const found = /^(?:tasker_business_)?(\w+?)(?:_minor_units)?_total\{(.*)\} (\S+)$/.exec(line);
    const [, name = '', labels = '', value = ''] = found ?? [];
    if (!counted.includes(name) || value === '0') return [];
    const label = (key: string): string => new RegExp(`${key}="(.*?)"`).exec(labels)?.[1] ?? '';
    const key = [name, label('task'), label('currency'), label('customer_tier')].join(' ').trimEnd();
    return [[key, Number(value)] as const];
  });
  return Object.fromEntries(samples);
}

/** From the tasks as they are stored, and which of them have ever failed. */
function expectedMetrics(db: Database.Database): Readonly<Record<string, number>> {
  const rows = db
    .prepare<[], { name: string; status: string; context: string; failed: number }>(
      `select name, status, context_json as context,
         exists (select 1 from events where task_id = tasks.id and events.name = 'task.failed') as failed from tasks`,
    )
    .all();
  const sums = new Map<string, number>();
  const add = (amount: number, ...key: readonly string[]): void => {
    if (amount !== 0) sums.set(key.join(' ').trimEnd(), (sums.get(key.join(' ').trimEnd()) ?? 0) + amount);
  };
  for (const { name, status, context, failed } of rows) {
    const { order_value: value, currency, customer_tier: tier } = JSON.parse(context) as RandomContext;
    add(1, 'tasks_started', name, '', tier);
    if (failed === 1 || status === 'cancelled') add(value, 'revenue_lost', name, currency, tier);
    if (failed === 1 && status !== 'cancelled') add(value, 'revenue_regained', name, currency, tier);
    if (status !== 'complete') continue;
    add(1, 'conversions', name, '', tier);
    add(value, 'revenue_processed', name, currency, tier);
    add(value, 'units_sold', name);
  }
  return Object.fromEntries(sums);
}

test(`${tasks} random tasks, ${rounds} kills, parked events, retries and replays: what subscribers and metrics have counted is what SQL counts`, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'tasker-exact-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const [file, mended] = [join(folder, 'tasker.db'), join(folder, 'mended')];
  const chance = seededRandom(seed);
  let created = 0;
  let kills = 0;
  for (let round = 0; round < rounds; round += 1) {
    const meanwhile = (['nothing', 'replay', 'retry'] as const)[round % 3] ?? 'nothing';
    const share = Math.ceil(((round + 1) * tasks) / rounds);
    const options = { file, mended, seed, from: created, to: share, meanwhile, finish: false };
    const { killed, said } = await runProcess(options, 5 + Math.floor(chance.fraction() * 60));
    created = Number(said.get('created') ?? created);
    if (killed) kills += 1;
  }
  const last = await runProcess({ file, mended, seed, from: created, to: tasks, meanwhile: 'nothing', finish: true });
  assert.ok(kills >= rounds / 3, `only ${kills} of ${rounds} engines were killed under way (seed ${seed})`);
  assert.ok(Number(last.said.get('parked')) > 0, 'events were parked');
  const dropped = JSON.parse(last.said.get('dropped') ?? '{}') as Record<string, number[]>;
  const db = new Database(file, { readonly: true });
  t.after(() => db.close());
  const count = db.prepare<[], number>('select count(*) from tasks').pluck().get();
  assert.equal(count, tasks, 'every task is there once');
  assert.deepEqual(metricsOf(last.said.get('metrics') ?? '""'), expectedMetrics(db), `metrics (seed ${seed})`);
  for (const name of names) {
    const row = db
      .prepare<[string], { checkpoint: number; state_json: string }>('select * from subscribers where name = ?')
      .get(name);
    assert.ok(row !== undefined);
    const after = db
      .prepare<[number], string>('select name from events where position > ?')
      .pluck()
      .all(row.checkpoint);
    assert.deepEqual(after, ['worker.stopped'], 'the engine’s farewell alone comes after its subscribers have stopped');
    const wanted = expected(db, row.checkpoint, dropped[name] ?? []);
    assert.deepEqual(JSON.parse(row.state_json), wanted, `'${name}' (seed ${seed})`);
  }
});
