import { Option } from 'commander';

import { incidentOptions, type IncidentOptions, matchOf } from '../../alert-argument.ts';
import { defineCommand } from '../../define-command.ts';
import type { ExitCode } from '../../exit-codes.ts';
import { matchInWords } from '../../format/alert.ts';
import { parseDuration } from '../../format/duration.ts';
import { formatTime } from '../../format/time.ts';
import { operatorOptions, type OperatorOptions } from '../../operator-action.ts';
import { parseStartAt } from '../../option-values.ts';
import type { Session } from '../../session.ts';
import { askOfEngine } from '../../subscriber-action.ts';
import { UsageError } from '../../usage-error.ts';
import { whoAsks } from '../../who-asks.ts';

interface SilenceOptions extends IncidentOptions, OperatorOptions {
  readonly for?: string;
  readonly until?: string;
  readonly all?: true;
}

export const silenceAlertsCommand = defineCommand<SilenceOptions>({
  name: 'silence',
  summary: 'have nobody told of some alerts for a time',
  whenToUse:
    'Use it when something is known, or worked on. All that is given must fit. They are still found, listed and counted; those that are open when the time is up are told of then.',
  examples: [
    ["tasker alerts silence --namespace shop --policy 'step_*' --for 2h --why 'inventory is being moved'", 'some'],
    ['tasker alerts silence --all --until 2026-12-01', 'all of them; not for long, one hopes'],
  ],
  options: [
    ...incidentOptions(),
    new Option('--all', 'whatever comes'),
    new Option('--for <duration>', "how long: '30m', '2h', '3d'").conflicts('until'),
    new Option('--until <when>', "a time, or how long from now: '2026-12-01', '2026-12-01 14:05', '2h'"),
    ...operatorOptions(),
  ],
  run: silence,
});

async function silence(session: Session, _args: readonly string[], options: SilenceOptions): Promise<ExitCode> {
  const match = matchOf(options);
  if (Object.keys(match).length === 0 && options.all !== true)
    throw new UsageError(
      'expected which alerts: --namespace, --task, --step, --policy, --severity, --cause or --label',
      ['--all silences whatever comes'],
    );
  return askOfEngine(
    session,
    (tasker) => tasker.silenceAlerts({ match, ...endOf(options, session.io.now()), ...whoAsks(session, options) }),
    ({ id, untilMs }) => `silenced until ${formatTime(untilMs)}: ${matchInWords(match)} (${id})`,
  );
}

function endOf(options: SilenceOptions, nowMs: number): { readonly forMs: number } {
  if (options.until !== undefined) return { forMs: parseStartAt(options.until, nowMs) - nowMs };
  const forMs = options.for === undefined ? null : parseDuration(options.for);
  if (forMs === null) throw new UsageError("expected an end: --for '30m', '2h', '3d', or --until", []);
  return { forMs };
}
