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

const entry = fileURLToPath(new URL('./exactness-process.ts', import.meta.url));
const names = ['here', 'in-thread'];
const seed = 20_261;
const tasks = 1000 * scale;
const rounds = 6 * scale;

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
      `select total(json_extract(body_json, '$.business.value')) from events where ${counted} and name = 'task.completed'`,
    ),
    retriedAttempts: one(`select total(attempt) from events where ${counted} and name = 'step.retry_requested'`),
  };
}

test(`${tasks} random tasks, ${rounds} kills, parked events, retries and replays: what subscribers have counted is what SQL counts`, async (t) => {
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
