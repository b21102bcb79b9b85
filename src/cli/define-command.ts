import type { Command, Option } from 'commander';

import type { ExitCode } from './exit-codes.ts';
import { createSession, type CommonOptions, type CreateTasker, type Session } from './session.ts';
import type { Io } from './io.ts';

export interface CommandDefinition<Options> {
  readonly name: string;
  /** Meant where no command of its group is named. */
  readonly isDefault?: boolean;
  /** In commander's notation: `<task>`, `[files...]`. */
  readonly arguments?: string;
  /** Half a line, for the list of commands. */
  readonly summary: string;
  /** When somebody wants this command; one to three sentences. */
  readonly whenToUse: string;
  /** A command line and what it is for. */
  readonly examples: readonly (readonly [line: string, purpose: string])[];
  readonly options: readonly Option[];
  run(session: Session, args: readonly string[], options: Options): Promise<ExitCode>;
}

export interface Cli {
  readonly io: Io;
  readonly createTasker: CreateTasker;
  /** Called once, with the code of the command that ran. */
  finish(code: ExitCode): void;
}

/** A command that can be added to a program; what its options look like is its own affair. */
export type CliCommand = (program: Command, cli: Cli) => void;

export function defineCommand<Options>(definition: CommandDefinition<Options>): CliCommand {
  return (program, cli) => {
    const command = program
      .command(definition.name, { isDefault: definition.isDefault ?? false })
      .summary(definition.summary)
      .description(`${definition.summary}\n\n${definition.whenToUse}`)
      .addHelpText('after', () => `\n${formatExamples(definition.examples)}`);
    if (definition.arguments !== undefined) command.arguments(definition.arguments);
    for (const option of definition.options) command.addOption(option);
    command.action(async () => {
      const session = createSession(cli.io, command.optsWithGlobals<CommonOptions>(), cli.createTasker);
      cli.finish(await definition.run(session, command.args, command.opts<Options & CommonOptions>()));
    });
  };
}

function formatExamples(examples: CommandDefinition<unknown>['examples']): string {
  return `Examples:\n${examples.map(([line, purpose]) => `  $ ${line}\n      ${purpose}`).join('\n')}`;
}
