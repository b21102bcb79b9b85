import { resolve } from 'node:path';

import { Option } from 'commander';

import { defineCommand } from '../define-command.ts';
import { exitCodes } from '../exit-codes.ts';

interface BackupCommandOptions {
  readonly overwrite?: true;
}

export const backupCommand = defineCommand<BackupCommandOptions>({
  name: 'backup',
  arguments: '<file>',
  summary: 'copy the store into a file, while the engine runs',
  whenToUse:
    'Use it before a risky change, and regularly. The copy is the store as it was at one moment, checked, and a store of its own: to go back to it, stop the engine and put it in the place of the database (without its -wal and -shm files).',
  examples: [
    ['tasker backup backups/$(date +%F).db', 'once a day'],
    ['tasker backup latest.db --overwrite', 'in the place of the one before'],
  ],
  options: [new Option('--overwrite', 'replace the file if it is there')],
  async run(session, [file = ''], { overwrite = false }) {
    const made = await session.withClient((tasker) => tasker.backup(resolve(session.io.cwd, file), { overwrite }));
    if (session.json) session.printJson(made);
    else session.print(`${made.file}  ${(made.bytes / 1024).toFixed(0)} KiB\n`);
    return exitCodes.ok.code;
  },
});
