import type { AlertView } from '../../../tasker.ts';
import { findAlert } from '../../alert-argument.ts';
import { defineCommand } from '../../define-command.ts';
import { exitCodes, type ExitCode } from '../../exit-codes.ts';
import { alertState, severityStyle } from '../../format/alert.ts';
import { type CellInput, formatRows } from '../../format/table.ts';
import { formatTime } from '../../format/time.ts';
import type { Session } from '../../session.ts';

export const showAlertCommand = defineCommand<object>({
  name: 'show',
  arguments: '<key>',
  summary: 'one alert with all that is known of it',
  whenToUse:
    'Use it to see which step, whom it hits, what it costs, and where to look first. The beginning of a key will do.',
  examples: [['tasker alerts show KEY', "a key as 'tasker alerts' lists it"]],
  options: [],
  run: show,
});

async function show(session: Session, [key = '']: readonly string[]): Promise<ExitCode> {
  const alert = findAlert(await session.withClient((tasker) => tasker.alerts()), key);
  if (session.json) session.printJson(alert);
  else print(session, alert);
  return exitCodes.ok.code;
}

function print(session: Session, alert: AlertView): void {
  const { incident, acknowledged, resolvedAtMs } = alert;
  const { firstError: error } = incident;
  const place = [incident.namespace, incident.task, incident.step].filter((part) => part !== null).join(' / ');
  const rows: readonly (readonly [string, string | null])[] = [
    ['state', alertState(alert)],
    ['since', formatTime(incident.sinceMs)],
    ['ended', resolvedAtMs === null ? null : formatTime(resolvedAtMs)],
    ['where', place],
    ['system', incident.system],
    ['policy', [incident.policy, ...incident.joined].join(', ')],
    ['cause', incident.cause],
    [
      'first error',
      error === null ? null : [error.type, error.code, error.status].filter((part) => part !== null).join(' '),
    ],
    ['tasks hit', incident.tasksHit === 0 ? null : `${incident.tasksHit}, ${incident.trend}`],
    ['whom', incident.scope.map(({ field, values }) => `${field}: ${values.join(', ')}`).join('; ')],
    ['lost', money(incident.lost)],
    ['at risk', money(incident.atRisk)],
    [
      'labels',
      Object.entries(incident.labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
    ],
    ['example', incident.exampleTask],
    ['trace', incident.exampleTrace],
    [
      'taken by',
      acknowledged === null
        ? null
        : `${acknowledged.by}, ${formatTime(acknowledged.atMs)}${acknowledged.why === '' ? '' : `: ${acknowledged.why}`}`,
    ],
    ['runbook', incident.runbookUrl],
    ['console', incident.consoleUrl],
    ['do first', incident.action],
  ];
  session.print(`${session.paint(severityStyle(incident.severity), incident.severity)}  ${incident.summary}\n`);
  const shown = rows.filter((row): row is readonly [string, string] => row[1] !== null && row[1] !== '');
  session.print(
    formatRows(
      shown.map(([name, value]): CellInput[] => [{ text: name, style: 'dim' }, value]),
      session.paint,
    ),
  );
}

function money(amounts: Readonly<Record<string, number>>): string {
  return Object.entries(amounts)
    .map(([currency, amount]) => `${amount} minor units of ${currency}`)
    .join(', ');
}
