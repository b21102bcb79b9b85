import { join, relative, resolve } from 'node:path';

import { Option } from 'commander';

import { defineCommand } from '../define-command.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { generateStep } from '../generate/generate-step.ts';
import { generateSubscriber } from '../generate/generate-subscriber.ts';
import { generateTask } from '../generate/generate-task.ts';
import type { Generated } from '../generate/generated.ts';
import { readNames } from '../generate/names.ts';
import { defaultFolder, problemsOf, projectOf } from '../generate/project.ts';
import { writeAll } from '../generate/write-all.ts';
import type { Session } from '../session.ts';
import { parseName } from '../template-argument.ts';
import { UsageError } from '../usage-error.ts';

interface GenerateOptions {
  readonly dir?: string;
}

/** By kind: the folder below the project, and what makes the files. */
const kinds = {
  task: {
    folder: 'tasks',
    generate: (text: string) => {
      const { name, namespace, version } = parseName(text);
      if (version !== undefined) throw new UsageError(`a new task begins at version 0.1.0: leave '@${version}' out`);
      if (namespace !== undefined && !/^[A-Za-z0-9_.-]{1,64}$/.test(namespace))
        throw new UsageError(`expected a namespace of letters, digits, '.', '-' and '_', got '${namespace}'`);
      return generateTask(readNames(name), namespace);
    },
  },
  step: { folder: 'steps', generate: (text: string) => generateStep(readNames(text)) },
  subscriber: { folder: 'subscribers', generate: (text: string) => generateSubscriber(readNames(text)) },
} as const satisfies Record<string, { folder: string; generate: (text: string) => Generated }>;

type Kind = keyof typeof kinds;
const kindNames = Object.keys(kinds) as readonly Kind[];

export const generateCommand = defineCommand<GenerateOptions>({
  name: 'generate',
  arguments: '<kind> <name>',
  summary: `write a ${kindNames.join(', ').replace(/, (\w+)$/, ' or $1')} with its test into your project`,
  whenToUse: `Use it to begin: the code compiles and its test passes as it is written, and you make it yours from there. KIND is ${kindNames.join(', ')}. The files go beside the configuration, under src/ where there is one. Nothing is ever overwritten.`,
  examples: [
    ['tasker generate task shop.order', 'tasks/order.ts and tasks/order.test.ts, in the namespace shop'],
    ['tasker generate subscriber fraud-watch', 'what follows the log and acts outside, with a state of its own'],
    ['tasker generate step charge_card', "a step's handler, for template files and for defineTask"],
  ],
  options: [new Option('--dir <folder>', 'where the files go (default: tasks/, steps/, … of the project)')],
  run: generate,
});

async function generate(
  session: Session,
  [kind = '', name = '']: readonly string[],
  options: GenerateOptions,
): Promise<ExitCode> {
  if (!isKind(kind)) throw new UsageError(`expected one of ${kindNames.join(', ')}, got '${kind}'`);
  const { cwd } = session.io;
  const project = projectOf(await session.findConfig(), cwd);
  const generated = kinds[kind].generate(name);
  const dir = options.dir === undefined ? await defaultFolder(project, kinds[kind].folder) : resolve(cwd, options.dir);
  const code = join(dir, `${generated.fileName}.ts`);
  const test = join(dir, `${generated.fileName}.test.ts`);
  await writeAll([
    { path: code, text: generated.code },
    { path: test, text: generated.test },
  ]);
  const from = relative(project.dir, code).replaceAll('\\', '/');
  const importLine = `import { ${generated.exported} } from '${from.startsWith('..') ? from : `./${from}`}';`;
  const { key, value } = generated.config;
  if (session.json) {
    session.printJson({ kind, files: [code, test], import: importLine, config: { key, value } });
    return exitCodes.ok.code;
  }
  for (const file of [code, test]) session.print(`${session.paint('green', 'wrote')}  ${relative(cwd, file)}\n`);
  const where = project.configFile === null ? 'tasker.config.ts' : relative(cwd, project.configFile);
  session.note(`\nin ${where}:\n  ${importLine}\n  … defineConfig({ …, ${key}: ${value} })`);
  session.hint(`'node --test ${relative(cwd, test)}' runs the test`);
  if (generated.next !== undefined) session.hint(generated.next);
  for (const problem of await problemsOf(project)) session.warn(problem);
  return exitCodes.ok.code;
}

function isKind(text: string): text is Kind {
  return Object.hasOwn(kinds, text);
}
