import type { Command } from 'commander';

import type { Cli, CliCommand } from './define-command.ts';

/** Commands of one subject under one name; the first of them is meant where none is named. */
export function defineCommandGroup(
  name: string,
  summary: string,
  whenToUse: string,
  examples: readonly (readonly [line: string, purpose: string])[],
  commands: readonly CliCommand[],
): CliCommand {
  return (program: Command, cli: Cli) => {
    const group = program
      .command(name)
      .summary(summary)
      .description(`${summary}\n\n${whenToUse}`)
      .helpCommand('help [command]', 'explain a command, with examples')
      .addHelpText(
        'after',
        () => `\nExamples:\n${examples.map(([line, purpose]) => `  $ ${line}\n      ${purpose}`).join('\n')}`,
      );
    for (const add of commands) add(group, cli);
  };
}
