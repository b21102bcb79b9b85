import { Option } from 'commander';

import type { AlertSilence, AlertView, PendingAlert } from '../../../tasker.ts';
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
  summary: 'what fires, what is about to, what has just ended, and what is silenced',
  whenToUse:
    'Use it to see what is wrong now: open alerts first; then conditions that hold, but not yet for as long as their policies ask (pending: nobody is told of them yet); then alerts that have ended, newest first.',
  examples: [
    ['tasker alerts', 'the same, without a word more'],
    ["tasker alerts list --open --json | jq '.alerts[].incident.summary'", 'what is open, for a script'],
  ],
  options: [new Option('--open', 'only those that have not ended'), limitOption(20, 1000)],
  run: list,
});

async function list(session: Session, _args: readonly string[], { open, limit }: ListOptions): Promise<ExitCode> {
  const [all, pending, silences] = await session.withClient((tasker) =>
    Promise.all([tasker.alerts(), tasker.pendingAlerts(), tasker.silences()]),
  );
  const fitting = open === true ? all.filter(({ resolvedAtMs }) => resolvedAtMs === null) : all;
  const alerts = fitting.slice(0, limit);
  if (session.json) {
    session.printJson({ alerts, total: fitting.length, pending, silences });
    return exitCodes.ok.code;
  }
  if (alerts.length + pending.length === 0) session.note(open === true ? 'nothing is open' : 'there are no alerts');
  else print(session, alerts, pending);
  if (alerts.length < fitting.length)
    session.note(session.paintNote('dim', `${alerts.length} of ${fitting.length} are shown; more: --limit`));
  for (const silence of silences) session.note(inWords(silence));
  return exitCodes.ok.code;
}

function print(session: Session, alerts: readonly AlertView[], pending: readonly PendingAlert[]): void {
  const nowMs = session.io.now();
  const isOpen = ({ resolvedAtMs }: AlertView): boolean => resolvedAtMs === null;
  const rows = [
    ...alerts.filter(isOpen).map((alert) => alertRow(alert, nowMs)),
    ...pending.map((one) => pendingRow(one, nowMs)),
    ...alerts.filter((alert) => !isOpen(alert)).map((alert) => alertRow(alert, nowMs)),
  ];
  session.print(formatTable(['SEVERITY', 'STATE', 'SINCE', 'FOR', 'KEY', 'WHAT'], rows, session.paint));
}

function alertRow(alert: AlertView, nowMs: number): readonly CellInput[] {
  const { incident, resolvedAtMs } = alert;
  return [
    { text: incident.severity, style: resolvedAtMs === null ? severityStyle(incident.severity) : 'dim' },
    alertState(alert),
    formatTime(incident.sinceMs),
    { text: formatDuration((resolvedAtMs ?? nowMs) - incident.sinceMs), align: 'right' },
    incident.key,
    shorten(printable(incident.summary), summaryColumns),
  ];
}

/** How grave it is, and under which key, is decided when it fires. */
function pendingRow({ policy, sinceMs, firesAtMs, ...where }: PendingAlert, nowMs: number): readonly CellInput[] {
  const { namespace, task, step, about } = where;
  const kind = namespace === null || task === null ? [] : [`${namespace}.${task}`];
  const place = [...kind, ...(step === null ? [] : [step]), ...(about === null ? [] : [about])].join(' / ');
  const what = `${policy}${place === '' ? '' : ` of ${place}`}; fires at ${formatTime(firesAtMs)} if it holds until then`;
  return [
    { text: '-', style: 'dim' },
    'pending',
    formatTime(sinceMs),
    { text: formatDuration(nowMs - sinceMs), align: 'right' },
    { text: '-', style: 'dim' },
    shorten(printable(what), summaryColumns + 40),
  ];
}

function inWords({ id, match, untilMs }: AlertSilence): string {
  return `silenced until ${formatTime(untilMs)}: ${matchInWords(match)} (${id})`;
}
