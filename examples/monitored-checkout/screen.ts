import { styleText } from 'node:util';

import type { Figures } from './figures.ts';
import { quantile, type Story } from './story.ts';

export interface Progress {
  readonly story: Story;
  readonly wanted: number;
  readonly elapsedMs: number;
  /** As `/metrics` has them: of this store's whole log, earlier runs included. */
  readonly figures: Figures | null;
}

const barWidth = 40;

/** The run as it stands, for a terminal that is redrawn. */
export function drawProgress({ story, wanted, elapsedMs, figures }: Progress): string {
  const { outcomes } = story;
  const share = wanted === 0 ? 1 : Math.min(1, story.ended / wanted);
  const filled = Math.round(share * barWidth);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`;
  return [
    `  ${bar} ${story.ended}/${wanted} checkouts, ${perSecond(story.ended, elapsedMs)}/s`,
    `  ${good(`${outcomes.completed} completed`)}  ${bad(`${outcomes.failed} failed`, outcomes.failed)}  ${story.started - story.ended} running  ${story.events} events recorded`,
    ...drawFigures(figures),
    '',
    ...drawSteps(story),
  ].join('\n');
}

export function drawFigures(figures: Figures | null): string[] {
  if (figures === null) return [];
  const { conversion, processed, atRisk, lost, slaMet } = figures;
  return [
    '',
    `  conversion ${percent(conversion)}   SLA kept ${percent(slaMet)}`,
    `  revenue    processed ${all(processed)}`,
    `             at risk   ${all(atRisk)}`,
    `             lost      ${all(lost)}`,
  ];
}

function all(amounts: ReadonlyMap<string, number>): string {
  const told = [...amounts].filter(([, minor]) => minor !== 0).map(([currency, minor]) => money(minor, currency));
  return told.join(', ') || 'nothing';
}

function percent(share: number | null): string {
  return share === null ? '–' : `${(share * 100).toFixed(1)} %`;
}

/** One line, for where nothing can be redrawn. */
export function progressLine({ story, wanted, elapsedMs }: Progress): string {
  const { outcomes } = story;
  return `${story.ended}/${wanted} checkouts: ${outcomes.completed} completed, ${outcomes.failed} failed, ${story.started - story.ended} running (${perSecond(story.ended, elapsedMs)}/s, ${story.events} events)`;
}

export function drawSteps(story: Story): string[] {
  const rows = [...story.steps].map(([name, step]) => [
    name,
    String(step.completed),
    String(step.failed),
    String(step.retried),
    String(step.running.size),
    millis(quantile(step.durationsMs, 0.5)),
    millis(quantile(step.durationsMs, 0.95)),
  ]);
  const head = ['step', 'done', 'failed', 'retried', 'running', 'p50', 'p95'];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ')}`;
  return [styleText('dim', line(head)), ...rows.map(line)];
}

export function drawSummary({ story, elapsedMs, figures }: Progress): string {
  const revenue = [...story.revenueMinor].map(([currency, minor]) => money(minor, currency)).join(', ');
  const reasons = [...story.failures].toSorted(([, a], [, b]) => b.count - a.count);
  return [
    `${story.outcomes.completed} of ${story.started} checkouts completed in ${(elapsedMs / 1000).toFixed(1)} s, half of them within ${millis(quantile(story.taskDurationsMs, 0.5))}, 95 % within ${millis(quantile(story.taskDurationsMs, 0.95))}.`,
    ...(revenue === '' ? [] : [`Orders worth ${revenue}.`]),
    ...reasons.map(([why, { count }]) => `${count} failed at ${why}`),
    ...drawFigures(figures),
    '',
    ...drawSteps(story),
  ].join('\n');
}

export function money(minor: number, currency: string): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(minor / 10 ** digits);
}

function millis(value: number | null): string {
  if (value === null) return '–';
  return value < 1000 ? `${value.toFixed(0)} ms` : `${(value / 1000).toFixed(1)} s`;
}

function perSecond(count: number, elapsedMs: number): string {
  return elapsedMs <= 0 ? '0' : ((count * 1000) / elapsedMs).toFixed(0);
}

function good(text: string): string {
  return styleText('green', text);
}

function bad(text: string, count: number): string {
  return count === 0 ? text : styleText('red', text);
}
