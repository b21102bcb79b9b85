import { InvalidArgumentError, Option } from 'commander';

import type { LabOptions } from '../../lab/run-lab.ts';
import { defineCommand } from '../define-command.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { parseDuration } from '../format/duration.ts';
import { formatLabReport } from '../format/lab-report.ts';
import { parseCount } from '../option-values.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

interface LabCommandOptions {
  readonly seeds?: readonly number[];
  readonly jobs: number;
  readonly atMost?: number;
  readonly check?: true;
  readonly verbose?: true;
}

export const labCommand = defineCommand<LabCommandOptions>({
  name: 'lab',
  arguments: '[files...]',
  summary: 'measure alerting on made-up incidents',
  whenToUse:
    'Use it to see what alerting would say, how fast and how truly, before an incident does. A scenario file says what runs and what goes wrong; the engine, its log, subscribers and policies are the real ones, only time and the services are not. The report holds what was said against the truth, beside three usual rules. It needs neither a configuration nor a store.',
  examples: [
    ['tasker lab hang.yaml', 'one file, with the seeds that it names'],
    ['tasker lab scenarios/*.yaml --seeds 1..20 --jobs 2 --check', 'in CI: against the targets of the files'],
    ['tasker lab hang.yaml --json > report.json', 'every run in detail'],
  ],
  options: [
    new Option('--seeds <range>', "'3' or '1..20'; instead of those of the files").argParser(parseSeeds),
    new Option('--jobs <count>', 'runs at the same time, each in a thread of its own')
      .default(1)
      .argParser((text) => parseCount(text, 1, 64)),
    new Option('--at-most <duration>', "simulate no longer than '10m'; faults that end later are left out").argParser(
      parseAtMost,
    ),
    new Option('--check', 'exit with 1 when a target of the files is missed'),
    new Option('--verbose', 'each fault of each seed'),
  ],
  run: lab,
});

async function lab(session: Session, files: readonly string[], options: LabCommandOptions): Promise<ExitCode> {
  if (files.length === 0) throw new UsageError('expected scenario files', ["'tasker help lab' shows how"]);
  // It loads the engine, which other commands' help can do without.
  const { runLab } = await import('../../lab/run-lab.ts');
  const report = await runLab(labOptions(session, files, options));
  if (session.json) session.printJson(report);
  else session.print(formatLabReport(report, { paint: session.paint, verbose: options.verbose === true }));
  const isMissed = report.scenarios.some(({ missedTargets }) => missedTargets.length > 0);
  return options.check === true && isMissed ? exitCodes.failed.code : exitCodes.ok.code;
}

function labOptions(session: Session, files: readonly string[], options: LabCommandOptions): LabOptions {
  return {
    files,
    cwd: session.io.cwd,
    jobs: options.jobs,
    ...(options.seeds !== undefined && { seeds: options.seeds }),
    ...(options.atMost !== undefined && { atMostMs: options.atMost }),
    onRun: ({ scenario, seed }, left) => session.note(`${scenario}, seed ${seed} done; ${left} to go`),
  };
}

function parseSeeds(text: string): readonly number[] {
  const [, first = '', last = first] = /^(\d{1,9})(?:\.\.(\d{1,9}))?$/.exec(text) ?? [];
  const count = Number(last) - Number(first) + 1;
  if (first === '' || count < 1 || count > 10_000)
    throw new InvalidArgumentError("Expected a whole number or a range as '1..20'.");
  return Array.from({ length: count }, (_unused, index) => Number(first) + index);
}

function parseAtMost(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms < 1000) throw new InvalidArgumentError("Expected a duration of at least a second, as '10m'.");
  return ms;
}
