import { Option } from 'commander';

import type { AlertSilence, AlertView } from '../../../tasker.ts';
import { defineCommand } from '../../define-command.ts';
import { exitCodes, type ExitCode } from '../../exit-codes.ts';
import { alertState, matchInWords, severityStyle } from '../../format/alert.ts';
import { formatDuration } from '../../format/duration.ts';
import { printable, shorten } from '../../format/printable.ts';
import { type CellInput, formatTable } from '../../format/table.ts';
import { formatTime } from '../../format/time.ts';
import { limitOption } from '../../option-values.ts';
import type { Session } from '../../session.ts';

interface ListOptions {
  readonly open?: true;
  readonly limit: number;
}

const summaryColumns = 100;

export const listAlertsCommand = defineCommand<ListOptions>({
  name: 'list',
  isDefault: true,
  summary: 'what fires, what has just ended, and what is silenced',
  whenToUse:
    'Use it to see what is wrong now: open alerts first, the worst of what was said last; then those that have ended, newest first.',
  examples: [
    ['tasker alerts', 'the same, without a word more'],
    ["tasker alerts list --open --json | jq '.alerts[].incident.summary'", 'what is open, for a script'],
  ],
  options: [new Option('--open', 'only those that have not ended'), limitOption(20, 1000)],
  run: list,
});

async function list(session: Session, _args: readonly string[], { open, limit }: ListOptions): Promise<ExitCode> {
  const [all, silences] = await session.withClient((tasker) => Promise.all([tasker.alerts(), tasker.silences()]));
  const fitting = open === true ? all.filter(({ resolvedAtMs }) => resolvedAtMs === null) : all;
  const alerts = fitting.slice(0, limit);
  if (session.json) {
    session.printJson({ alerts, total: fitting.length, silences });
    return exitCodes.ok.code;
  }
  if (alerts.length === 0) session.note(open === true ? 'nothing is open' : 'there are no alerts');
  else print(session, alerts);
  if (alerts.length < fitting.length)
    session.note(session.paintNote('dim', `${alerts.length} of ${fitting.length} are shown; more: --limit`));
  for (const silence of silences) session.note(inWords(silence));
  return exitCodes.ok.code;
}

function print(session: Session, alerts: readonly AlertView[]): void {
  const nowMs = session.io.now();
  const rows = alerts.map((alert): CellInput[] => {
    const { incident, resolvedAtMs } = alert;
    return [
      { text: incident.severity, style: resolvedAtMs === null ? severityStyle(incident.severity) : 'dim' },
      alertState(alert),
      formatTime(incident.sinceMs),
      { text: formatDuration((resolvedAtMs ?? nowMs) - incident.sinceMs), align: 'right' },
      incident.key,
      shorten(printable(incident.summary), summaryColumns),
    ];
  });
  session.print(formatTable(['SEVERITY', 'STATE', 'SINCE', 'FOR', 'KEY', 'WHAT'], rows, session.paint));
}

function inWords({ id, match, untilMs }: AlertSilence): string {
  return `silenced until ${formatTime(untilMs)}: ${matchInWords(match)} (${id})`;
}
