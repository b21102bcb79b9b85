import { resolve } from 'node:path';

import { Option } from 'commander';

import type * as publicApi from '../../index.ts';
import { defineCommand } from '../define-command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

interface MigrateStorageOptions {
  readonly from: string;
  readonly to?: string;
  readonly schema?: string;
  readonly undo?: true;
}

export const migrateStorageCommand = defineCommand<MigrateStorageOptions>({
  name: 'migrate-storage',
  summary: 'copy the store from a SQLite file to PostgreSQL',
  whenToUse:
    'Use it once, when one process is no longer enough. Stop the engine first. Everything is copied (tasks, log, subscribers with their state, parked events) and compared by counts and checksums. Interrupted or killed, it goes on where it ended when it is run again; until it is finished no engine starts on the target, and from then on none starts on the file.',
  examples: [
    [
      "tasker migrate-storage --from .tasker/tasker.db --to 'postgres://tasker@db.internal/shop?sslmode=verify-full'",
      'into the schema tasker; the password comes from PGPASSWORD or ~/.pgpass',
    ],
    ['tasker migrate-storage --from old.db --to postgres://localhost/shop --schema orders', 'into another schema'],
    [
      'tasker migrate-storage --undo --from .tasker/tasker.db',
      'engines may start on the file again: for a copy that nobody works on',
    ],
  ],
  options: [
    new Option('--from <file>', 'the SQLite file').makeOptionMandatory(),
    new Option('--to <url>', 'postgres://user:password@host:port/database'),
    new Option('--schema <name>', 'the schema in that database (default: tasker)'),
    new Option('--undo', 'take the file back: engines may start on it again').conflicts(['to', 'schema']),
  ],
  async run(session, _args, { from, to, schema, undo }) {
    if (undo === true) return takeBack(session, resolve(session.io.cwd, from));
    // Without the value: it may hold a password.
    if (to === undefined || !/^postgres(?:ql)?:\/\//.test(to))
      throw new UsageError('--to: expected a URL like postgres://user:password@host:5432/database', []);
    const signal = session.io.interruption();
    const { migrateStorage } = await import('../../index.ts');
    try {
      const done = await migrateStorage({
        from: resolve(session.io.cwd, from),
        to,
        signal,
        onProgress: noteProgress(session),
        ...(schema !== undefined && { schema }),
      });
      tell(session, done, schema);
      return exitCodes.ok.code;
    } catch (error) {
      if (!signal.aborted || error !== signal.reason) throw error;
      session.note('interrupted: what was copied stays; run the same command again to go on');
      return exitCodes.interrupted.code;
    }
  },
});

async function takeBack(session: Session, from: string): Promise<ExitCode> {
  const { undoStorageMigration } = await import('../../index.ts');
  const copy = await undoStorageMigration({ from });
  if (session.json) session.printJson({ from, copy });
  else if (copy === null) session.print(`${from} had not been copied: nothing to undo\n`);
  else
    session.print(
      `Engines may start on ${from} again. Never start one on its copy, ${copy}: it would run the open tasks a second time.\n`,
    );
  return exitCodes.ok.code;
}

/** A line for each table, and for each tenth of a large one. */
function noteProgress(session: Session): (progress: publicApi.StorageMigrationProgress) => void {
  let told = '';
  return ({ table, phase, done, of }) => {
    const tenth = Math.floor((10 * done) / Math.max(1, of));
    const line = `${phase} ${table}: ${done === of ? of : `${tenth * 10} % of ${of}`}`;
    if (line === told) return;
    told = line;
    session.note(line);
  };
}

function tell(session: Session, done: publicApi.StorageMigration, schema = 'tasker'): void {
  const storage = { kind: 'postgres', url: '<the same URL>', ...(schema !== 'tasker' && { schema }) };
  if (session.json) {
    session.printJson({ ...done, storage });
    return;
  }
  const width = Math.max(...done.tables.map(({ table }) => table.length));
  const lines = done.tables.map(({ table, rows, checksum }) => `  ${table.padEnd(width)}  ${rows}  ${checksum}\n`);
  session.print(
    `${done.resumed ? 'finished what an earlier try began' : 'copied'}: ${done.from} → ${done.to}\n` +
      `Counts and checksums are the same on both sides:\n${lines.join('')}` +
      `\nNow change the configuration:\n  storage: { kind: 'postgres', url: process.env.DATABASE_URL${schema === 'tasker' ? '' : `, schema: '${schema}'`} },\n` +
      `and start your workers with it ('tasker worker'). No engine starts on ${done.from} any more, as it would run the open tasks a second time; it can still be read.\n`,
  );
}
