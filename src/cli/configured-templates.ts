import { resolve } from 'node:path';

import type { LoadedConfigFile } from '../config/load-config-file.ts';
import { resolveConfig, type ResolvedConfig } from '../config/resolve-config.ts';
import { loadRegistrations } from '../register-tasks.ts';
import { isTaskerError, type TaskerError } from '../shared/errors.ts';
import type { TaskerConfigInput } from '../tasker.ts';
import type { Io } from './io.ts';

export type Registration = Awaited<ReturnType<typeof loadRegistrations>>[number];

/** One template of the configuration: as it loads, or why it does not. */
export interface ConfiguredTemplate {
  /** File, or `defineTask`. */
  readonly source: string;
  readonly registration: Registration | null;
  readonly error: TaskerError | null;
}

export function resolveLoaded({ config, baseDir, source }: LoadedConfigFile, io: Io): ResolvedConfig {
  return resolveConfig(config, { baseDir, source, env: io.env });
}

/** Loads each template by itself, so that one that is wrong does not hide the others. */
export async function readConfiguredTemplates(
  loaded: LoadedConfigFile,
  io: Io,
): Promise<readonly ConfiguredTemplate[]> {
  const resolved = resolveLoaded(loaded, io);
  const fromFiles = resolved.templates.map((file) => readTemplateFile(file, loaded.config, resolved));
  const fromCode = (loaded.config.tasks ?? []).map((task) =>
    readOne('defineTask', { ...loaded.config, tasks: [task] }, { ...resolved, templates: [] }),
  );
  return Promise.all([...fromFiles, ...fromCode]);
}

/** A template file with the configuration's handlers, whether the configuration names it or not. */
export function readTemplateFile(
  file: string,
  config: TaskerConfigInput,
  resolved: ResolvedConfig,
): Promise<ConfiguredTemplate> {
  return readOne(file, { ...config, tasks: [] }, { ...resolved, templates: [file] });
}

/** The configuration with a template file added, if it is not one of its own. */
export function withTemplate(loaded: LoadedConfigFile, file: string): LoadedConfigFile {
  const templates = loaded.config.templates ?? [];
  if (templates.some((known) => resolve(loaded.baseDir, known) === file)) return loaded;
  return { ...loaded, config: { ...loaded.config, templates: [...templates, file] } };
}

async function readOne(
  source: string,
  config: TaskerConfigInput,
  resolved: ResolvedConfig,
): Promise<ConfiguredTemplate> {
  try {
    const [registration = null] = await loadRegistrations(config, resolved);
    return { source, registration, error: null };
  } catch (error) {
    if (isTaskerError(error)) return { source, registration: null, error };
    throw error;
  }
}
