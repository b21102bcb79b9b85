import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';

import { Option } from 'commander';

import { errorMessage, isTaskerError, TaskerError } from '../../shared/errors.ts';
import type { TemplateProblem } from '../../tasker.ts';
import { readTemplateFile, resolveLoaded } from '../configured-templates.ts';
import { defineCommand } from '../define-command.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { printable } from '../format/printable.ts';
import type { Session } from '../session.ts';
import type * as publicApi from '../../index.ts';

type Api = typeof publicApi;

interface ValidateOptions {
  readonly strict?: true;
  readonly handlers?: true;
}

interface CheckedFile {
  /** As it was named. */
  readonly file: string;
  readonly valid: boolean;
  readonly problems: readonly TemplateProblem[];
}

export const validateCommand = defineCommand<ValidateOptions>({
  name: 'validate',
  arguments: '[files...]',
  summary: 'check task templates',
  whenToUse:
    'Use it while writing a template, and in CI. It checks the files alone, with each of their environments, and needs neither a configuration nor a store. Without files it checks those that the configuration names. An unknown key is a warning, which --strict makes an error.',
  examples: [
    ['tasker validate config/*.yaml', 'the files alone'],
    [
      'tasker validate --strict --handlers',
      'in CI: all templates of the configuration, and that every handler is there',
    ],
  ],
  options: [
    new Option('--strict', 'unknown keys are errors'),
    new Option('--handlers', 'also find every handler, through the configuration'),
  ],
  run: validate,
});

async function validate(session: Session, files: readonly string[], options: ValidateOptions): Promise<ExitCode> {
  // Loading the public API loads SQLite, which other commands' help can do without.
  const api = await import('../../index.ts');
  const named = files.length > 0 ? files : await configuredFiles(session);
  const checked = await Promise.all(
    named.map((file) => checkFile(api, { file, cwd: session.io.cwd, strict: options.strict === true })),
  );
  const complete = options.handlers === true ? await addMissingHandlers(session, checked) : checked;
  if (session.json) session.printJson({ valid: complete.every(({ valid }) => valid), files: complete });
  else print(session, complete, api);
  return complete.every(({ valid }) => valid) ? exitCodes.ok.code : exitCodes.failed.code;
}

async function configuredFiles(session: Session): Promise<readonly string[]> {
  const { templates } = resolveLoaded(await session.loadConfig(), session.io);
  return templates.map((path) => relative(session.io.cwd, path));
}

async function checkFile(
  api: Api,
  { file, cwd, strict }: { file: string; cwd: string; strict: boolean },
): Promise<CheckedFile> {
  let text: string;
  try {
    text = await readFile(resolve(cwd, file), 'utf8');
  } catch (error) {
    throw new TaskerError('TASKER_TEMPLATE_NOT_FOUND', `cannot read ${file}: ${errorMessage(error)}`, {
      cause: error,
      details: { file },
    });
  }
  return judge(file, api.checkTemplateFile({ text, file }, { strict }));
}

async function addMissingHandlers(session: Session, checked: readonly CheckedFile[]): Promise<readonly CheckedFile[]> {
  const loaded = await session.loadConfig();
  const resolved = resolveLoaded(loaded, session.io);
  return Promise.all(
    checked.map(async (before) => {
      if (!before.valid) return before;
      const { error } = await readTemplateFile(resolve(session.io.cwd, before.file), loaded.config, resolved);
      if (error === null) return before;
      if (!isTaskerError(error, 'TASKER_HANDLER_NOT_FOUND')) throw error;
      return judge(before.file, [...before.problems, ...missingHandlers(error)]);
    }),
  );
}

function missingHandlers(error: TaskerError): readonly TemplateProblem[] {
  const { problems } = error.details;
  // Whoever raises this error lists them; were it ever to change, the error itself still has to be told.
  if (!Array.isArray(problems) || problems.length === 0) throw error;
  return problems;
}

function judge(file: string, problems: readonly TemplateProblem[]): CheckedFile {
  return { file, valid: problems.every(({ severity }) => severity !== 'error'), problems };
}

function print(session: Session, checked: readonly CheckedFile[], { formatProblem }: Api): void {
  for (const { file, valid, problems } of checked) {
    session.print(`${valid ? session.paint('green', 'valid') : session.paint('red', 'invalid')}  ${printable(file)}\n`);
    for (const problem of problems) session.print(`  ${printable(formatProblem(problem))}\n`);
  }
  if (checked.length === 0) session.note('the configuration names no template files');
}
