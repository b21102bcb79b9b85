import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { Option } from 'commander';

import { errorMessage } from '../../../shared/errors.ts';
import type { BacktestOptions } from '../../../tasker.ts';
import { defineCommand } from '../../define-command.ts';
import { exitCodes, type ExitCode } from '../../exit-codes.ts';
import { formatBacktest } from '../../format/backtest-report.ts';
import { formatTime } from '../../format/time.ts';
import { parseSince, sinceOption } from '../../option-values.ts';
import type { Session } from '../../session.ts';
import { UsageError } from '../../usage-error.ts';

interface BacktestCommandOptions {
  readonly since: string;
  readonly until?: string;
  readonly policy?: string;
}

export const backtestAlertsCommand = defineCommand<BacktestCommandOptions>({
  name: 'backtest',
  summary: 'what policies would have said over the recorded log, beside what happened',
  whenToUse:
    'Use it before you change a policy, to see what it would have said and to whom it would have cried wolf; and after an incident, to see whether another would have seen it earlier. It reads the log and changes nothing: no engine is needed, and nobody is told.',
  examples: [
    ['tasker alerts backtest --since 7d', 'the policies as they are'],
    ['tasker alerts backtest --since 7d --policy stricter.yaml', 'with those of a file over them'],
    ["tasker alerts backtest --since '2026-11-23 02:00' --until '2026-11-23 03:00' --json", 'one night, for a script'],
  ],
  options: [
    sinceOption().makeOptionMandatory(),
    new Option('--until <when>', 'the same; without it: now'),
    new Option('--policy <file>', 'YAML or JSON: a list of policies as in alerts.policies, which go over those'),
  ],
  run: backtest,
});

async function backtest(
  session: Session,
  _args: readonly string[],
  { since, until, policy }: BacktestCommandOptions,
): Promise<ExitCode> {
  const nowMs = session.io.now();
  const options: BacktestOptions = {
    sinceMs: parseSince(since, nowMs),
    ...(until !== undefined && { untilMs: parseSince(until, nowMs, '--until') }),
    ...(policy !== undefined && { policyFile: { file: policy, text: await textOf(session, policy) } }),
    onProgress: noteProgress(session),
  };
  const loaded = await session.loadConfig();
  const report = await session.withTasker(loaded, (tasker) => tasker.backtestAlerts(options));
  if (session.json) session.printJson(report);
  else session.print(formatBacktest(report, session.paint));
  return exitCodes.ok.code;
}

async function textOf(session: Session, file: string): Promise<string> {
  try {
    return await readFile(resolve(session.io.cwd, file), 'utf8');
  } catch (error) {
    throw new UsageError(`--policy: cannot read ${file}: ${errorMessage(error)}`, [
      'a path is relative to the working directory',
    ]);
  }
}

const noteEveryMs = 5000;

function noteProgress(session: Session): (atMs: number) => void {
  let notedMs = session.io.now();
  return (atMs) => {
    if (session.io.now() - notedMs < noteEveryMs) return;
    notedMs = session.io.now();
    session.note(`at ${formatTime(atMs)}`);
  };
}
