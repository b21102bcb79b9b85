import { moneyInWords } from '../../signals/money.ts';
import type { BacktestReport } from '../../tasker.ts';
import { severityStyle } from './alert.ts';
import { formatDuration } from './duration.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';
import { type CellInput, formatTable } from './table.ts';
import { formatTime, formatTimeOfDay } from './time.ts';

type Incident = BacktestReport['incidents'][number];
type Said = BacktestReport['saidThenAlone'][number];
type Harm = BacktestReport['totals'];

const mostExamples = 10;

/** For people; `--json` has the rest. */
export function formatBacktest(report: BacktestReport, paint: Paint): string {
  const { sinceMs, untilMs, learntFromMs, events, incidents, saidThenAlone, more, uncovered } = report;
  const learnt = learntFromMs === null ? 'the log has nothing' : `learnt from ${formatTime(learntFromMs)} on`;
  return [
    `${paint('bold', `${formatTime(sinceMs)} to ${formatTime(untilMs)}`)}  ${events} events, ${learnt}\n`,
    ...incidents.map((incident) => `\n${formatIncident(incident, paint)}`),
    more.incidents > 0 ? `\n… and ${more.incidents} more incidents\n` : '',
    saidThenAlone.length > 0 ? `\n${paint('bold', 'said then, and not by these policies')}\n` : '',
    ...saidThenAlone.map((said) => `  ${inShort(said)}\n`),
    formatUncovered(uncovered, paint),
    `\n${formatTotals(report, paint)}`,
  ].join('');
}

function formatIncident(incident: Incident, paint: Paint): string {
  const { severity, summary, firstNoticeMs, resolvedMs, sinceMs, happened, saidThen, silenced } = incident;
  const end = resolvedMs === null ? 'open at the end' : `over after ${formatDuration(resolvedMs - firstNoticeMs)}`;
  const rows: readonly (readonly [string, string])[] = [
    ['first notice', `${formatTime(firstNoticeMs)}, ${end}${silenced ? ', silenced' : ''}`],
    ['since', formatTime(sinceMs)],
    ['where', place(incident)],
    ['policy', [incident.policy, ...incident.joined].join(', ')],
    ['cause', incident.cause],
    ['tasks hit', String(incident.tasksHit)],
    ['whom', incident.scope.map(({ field, values }) => `${field}: ${values.join(', ')}`).join('; ')],
    ['lost', moneyInWords(incident.lost)],
    ['at risk', moneyInWords(incident.atRisk)],
    ['happened', harm(happened)],
    ['spoke', spoke(happened)],
    ['said then', saidThen.map((said) => beside(said, incident)).join('; ') || 'nothing'],
  ];
  const shown = rows.filter(([, text]) => text !== '');
  const lines = shown.map(([name, text]) => `  ${paint('dim', name.padEnd(12))}  ${printable(text)}\n`);
  return `${paint(severityStyle(severity), severity)}  ${printable(summary)}\n${lines.join('')}`;
}

function place({ namespace, task, step, system }: Said): string {
  const parts = [namespace, task, step].filter((part) => part !== null);
  return parts.length > 0 ? parts.join(' / ') : (system ?? 'everything');
}

function harm({ failed, breached, lost }: Pick<Harm, 'failed' | 'breached' | 'lost'>): string {
  const money = moneyInWords(lost);
  const parts = [
    failed === 0 ? '' : `${failed} failed for good`,
    breached === 0 ? '' : `${breached} passed an SLA`,
    money === '' ? '' : `${money} lost`,
  ].filter((part) => part !== '');
  return parts.join(', ') || 'nothing failed for good, nothing passed an SLA';
}

function spoke({ spokeBeforeMs: ms }: Incident['happened']): string {
  return ms === null ? '' : `${inTime(ms)} the first failure or breach`;
}

function inTime(beforeMs: number): string {
  if (beforeMs === 0) return 'at the moment of';
  return `${formatDuration(Math.abs(beforeMs))} ${beforeMs > 0 ? 'before' : 'after'}`;
}

function beside(said: Said, { firstNoticeMs }: Incident): string {
  const laterMs = said.firstNoticeMs - firstNoticeMs;
  const when =
    laterMs === 0 ? 'at the same moment' : `${formatDuration(Math.abs(laterMs))} ${laterMs > 0 ? 'later' : 'earlier'}`;
  return `${said.severity}, ${said.policy}${said.step === null ? '' : ` of ${said.step}`}, ${when}`;
}

function inShort(said: Said): string {
  const end = said.resolvedMs === null ? 'open' : formatTimeOfDay(said.resolvedMs);
  return printable(`${formatTime(said.firstNoticeMs)} to ${end}  ${said.severity}  ${said.policy}  ${said.summary}`);
}

function formatUncovered({ examples, ...uncovered }: BacktestReport['uncovered'], paint: Paint): string {
  if (uncovered.failed + uncovered.breached === 0) return '';
  const rows = examples
    .slice(0, mostExamples)
    .map((one): CellInput[] => [
      one.what === 'failed' ? 'failed' : 'passed an SLA',
      formatTime(one.atMs),
      `${one.namespace} / ${one.task}${one.step === null ? '' : ` / ${one.step}`}`,
      one.taskId,
    ]);
  const left = uncovered.failed + uncovered.breached - rows.length;
  return [
    `\n${paint('bold', 'nobody would have said anything about')}  ${harm(uncovered)}\n`,
    formatTable(['WHAT', 'WHEN', 'WHERE', 'TASK'], rows, paint),
    left > 0 ? `… and ${left} more\n` : '',
  ].join('');
}

function formatTotals({ totals, uncovered }: BacktestReport, paint: Paint): string {
  const { incidents, saidThen, silenced, notices, spoke: when, spokeBeforeMs } = totals;
  const median = spokeBeforeMs === null ? '' : `, in the median ${inTime(spokeBeforeMs)} it`;
  return [
    `${paint('bold', 'in all')}  incidents: ${incidents}${silenced > 0 ? ` (${silenced} silenced)` : ''}; said then: ${saidThen}\n`,
    `  notices: ${notices.triggered} triggered, ${notices.updated} updated, ${notices.resolved} resolved\n`,
    `  the first failure or breach: ${when.before} spoke before it, ${when.after} at it or after it${median}; ${when.withoutHarm} without one\n`,
    `  happened: ${harm(totals)}; of that outside every incident: ${uncovered.failed} failed, ${uncovered.breached} passed an SLA\n`,
  ].join('');
}
