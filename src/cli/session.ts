import { resolve } from 'node:path';

import { findConfigFile, loadConfigFile, type LoadedConfigFile } from '../config/load-config-file.ts';
import type { Tasker, TaskerConfigInput } from '../tasker.ts';
import { paintFor, type Paint } from './format/paint.ts';
import type { Io } from './io.ts';

export type CreateTasker = (
  config: TaskerConfigInput,
  surroundings: {
    readonly baseDir: string;
    readonly source: string;
    readonly env: Io['env'];
    readonly onWarning: (message: string) => void;
  },
) => Promise<Tasker>;

export interface CommonOptions {
  readonly json?: true;
  readonly config?: string;
}

/** What one command works with: where it prints, and how it gets at tasks. */
export interface Session {
  readonly io: Io;
  readonly json: boolean;
  /** For stdout. */
  readonly paint: Paint;
  /** For stderr. */
  readonly paintNote: Paint;
  /** The result, on stdout: in JSON mode it must be JSON. */
  print(text: string): void;
  printJson(value: unknown): void;
  /** Narration, on stderr; silent in JSON mode. */
  note(text: string): void;
  hint(text: string): void;
  warn(message: string): void;
  loadConfig(): Promise<LoadedConfigFile>;
  /** Absolute path of the configuration that would be loaded; null where there is none. */
  findConfig(): Promise<string | null>;
  /** Opens the store to read and to ask, and closes it afterwards whatever happens. */
  withClient<T>(use: (tasker: Tasker) => Promise<T>): Promise<T>;
  /** The same with templates and handlers, so that it can become the engine. */
  withTasker<T>(loaded: LoadedConfigFile, use: (tasker: Tasker) => Promise<T>): Promise<T>;
}

export function createSession(io: Io, common: CommonOptions, createTasker: CreateTasker): Session {
  const json = common.json === true;
  const paintNote = paintFor(io.stderr, io);
  const note = (text: string): void => {
    if (!json) io.stderr.write(`${text}\n`);
  };
  const warn = (message: string): void => {
    if (json) io.stderr.write(`${JSON.stringify({ warning: message })}\n`);
    else note(`${paintNote('yellow', 'warning:')} ${message}`);
  };
  const loadConfig = (): Promise<LoadedConfigFile> =>
    loadConfigFile({ cwd: io.cwd, ...(common.config !== undefined && { file: common.config }) });
  const open = ({ config, baseDir, source }: LoadedConfigFile): Promise<Tasker> =>
    createTasker(config, { baseDir, source, env: io.env, onWarning: warn });
  return {
    io,
    json,
    paint: paintFor(io.stdout, io),
    paintNote,
    print: (text) => io.stdout.write(text),
    printJson: (value) => io.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    note,
    hint: (text) => note(`  ${paintNote('dim', 'hint:')} ${text}`),
    warn,
    loadConfig,
    findConfig: async () => (common.config === undefined ? findConfigFile(io.cwd) : resolve(io.cwd, common.config)),
    async withClient(use) {
      const loaded = await loadConfig();
      return closing(await open({ ...loaded, config: withoutTemplates(loaded.config) }), use);
    },
    withTasker: async (loaded, use) => closing(await open(loaded), use),
  };
}

/** A template that is broken just now must not keep an operator from looking at tasks, or from cancelling one. */
function withoutTemplates({ environment, storage, limits }: TaskerConfigInput): TaskerConfigInput {
  return {
    ...(environment !== undefined && { environment }),
    ...(storage !== undefined && { storage }),
    ...(limits !== undefined && { limits }),
  };
}

async function closing<T>(tasker: Tasker, use: (tasker: Tasker) => Promise<T>): Promise<T> {
  let result;
  try {
    result = await use(tasker);
  } catch (error) {
    // The first failure is the one to be told; that closing failed too follows from it.
    await tasker.stop().catch(() => undefined);
    throw error;
  }
  await tasker.stop();
  return result;
}
