import { loadConfigFile, type LoadedConfigFile } from '../config/load-config-file.ts';
import type { Tasker, TaskerConfigInput } from '../tasker.ts';
import { paintFor, type Paint } from './format/paint.ts';
import type { Io } from './io.ts';

export type CreateTasker = (
  config: TaskerConfigInput,
  surroundings: { readonly baseDir: string; readonly source: string },
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
  /** The result, on stdout: in JSON mode nothing but `printJson` may write there. */
  print(text: string): void;
  printJson(value: unknown): void;
  /** Narration, on stderr; silent in JSON mode. */
  note(text: string): void;
  loadConfig(): Promise<LoadedConfigFile>;
  /** Opens the configured store, and closes it afterwards whatever happens. */
  withTasker<T>(use: (tasker: Tasker) => Promise<T>, loaded?: LoadedConfigFile): Promise<T>;
}

export function createSession(io: Io, common: CommonOptions, createTasker: CreateTasker): Session {
  const json = common.json === true;
  const loadConfig = (): Promise<LoadedConfigFile> =>
    loadConfigFile({ cwd: io.cwd, ...(common.config !== undefined && { file: common.config }) });
  return {
    io,
    json,
    paint: paintFor(io.stdout, io),
    paintNote: paintFor(io.stderr, io),
    print: (text) => io.stdout.write(text),
    printJson: (value) => io.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    note: (text) => {
      if (!json) io.stderr.write(`${text}\n`);
    },
    loadConfig,
    async withTasker(use, given) {
      const loaded = given ?? (await loadConfig());
      const tasker = await createTasker(loaded.config, { baseDir: loaded.baseDir, source: loaded.source });
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
    },
  };
}
