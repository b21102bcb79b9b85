import { styleText } from 'node:util';

import { money } from '../screen.ts';
import type { AlertIncident, AlertNotice } from '../tasker.ts';
import type { Moment } from './chronicle.ts';

const indent = ' '.repeat(28);

/** A moment as lines: since the run began, since the moment before, what it is. */
export function drawMoment(moment: Moment, beganMs: number, previousMs: number | null): string {
  // What the log tells is shown when it is read, maybe after something later.
  const sinceMs = previousMs === null || moment.atMs < previousMs ? null : moment.atMs - previousMs;
  const since = sinceMs === null ? '' : `+${(sinceMs / 1000).toFixed(1)} s`;
  const head = `  ${clock(moment.atMs - beganMs)}  ${since.padStart(8)}  `;
  switch (moment.kind) {
    case 'fault':
      return `${head}${styleText('yellow', 'fault   ')}${moment.text}`;
    case 'seen':
      return `${head}${'seen'.padEnd(8)}${moment.text}`;
    case 'notice':
      return drawNotice(head, moment.notice, moment.before);
  }
}

function drawNotice(head: string, notice: AlertNotice, before: AlertIncident | null): string {
  if (notice.kind === 'summary') {
    const missed = notice.missed.map(({ summary }) => `${indent}${summary}`);
    return [
      `${head}${'missed'.padEnd(8)}while nobody could be told: ${notice.missed.length + (notice.more ?? 0)}`,
      ...missed,
    ].join('\n');
  }
  const { incident, kind } = notice;
  switch (kind) {
    case 'trigger':
      return [
        `${head}${styleText('red', 'ALERT'.padEnd(8))}${incident.severity}: ${incident.summary}`,
        ...rows(detailsOf(incident, notice.atMs)),
      ].join('\n');
    case 'resolve':
    case 'settle':
      return [
        `${head}${styleText('green', kind === 'settle' ? 'settled ' : 'RESOLVED')} ${incident.summary}`,
        ...rows([
          ['hit', whomOf(incident)],
          ['money', moneyOf(incident)],
        ]),
      ].join('\n');
    case 'update':
      return [
        `${head}${styleText('red', 'update'.padEnd(8))}${incident.severity}: ${incident.summary}`,
        ...rows(changesOf(incident, before)),
      ].join('\n');
    case 'repeat':
    case 'acknowledge':
      return `${head}${kind}: ${incident.summary}`;
  }
}

type Row = readonly [label: string, text: string];

function detailsOf(incident: AlertIncident, atMs: number): Row[] {
  const { sinceMs, cause, joined, policy } = incident;
  return [
    ['step', placeOf(incident)],
    ['cause', [cause, firstErrorOf(incident)].filter(Boolean).join('; first error: ')],
    ['since', `${new Date(sinceMs).toISOString().slice(11, 19)} UTC, ${((atMs - sinceMs) / 1000).toFixed(1)} s before`],
    ['hits', whomOf(incident)],
    ...(hitByOf(incident) === '' ? [] : [['of them', hitByOf(incident)] as const]),
    ['money', moneyOf(incident)],
    ['do', incident.action],
    ['policy', joined.length === 0 ? policy : `${policy}, joined by ${joined.join(', ')}`],
    ...(incident.runbookUrl === null ? [] : [['runbook', incident.runbookUrl] as const]),
    ...(incident.exampleTask === null ? [] : [['example', incident.exampleTask] as const]),
  ];
}

/** Only what is said otherwise than the last time. */
function changesOf(incident: AlertIncident, before: AlertIncident | null): Row[] {
  const all = detailsOf(incident, incident.sinceMs).filter(([label]) => label !== 'since' && label !== 'example');
  if (before === null) return all;
  const known = new Map(detailsOf(before, before.sinceMs));
  return all.filter(([label, text]) => known.get(label) !== text);
}

function rows(all: readonly Row[]): string[] {
  return all.map(([label, text]) => `${indent}${styleText('dim', label.padEnd(9))}${text}`);
}

export function placeOf({ namespace, task, step, system }: AlertIncident): string {
  if (task === null) return 'the engine';
  const name = namespace === null ? task : `${namespace}.${task}`;
  const place = step === null ? name : `${step} of ${name}`;
  return system === null ? place : `${place}, which depends on ${system}`;
}

function firstErrorOf({ firstError }: AlertIncident): string {
  if (firstError === null) return '';
  const { type, code, status } = firstError;
  return [type, code, status].filter((part) => part !== null).join(' ');
}

export function whomOf({ tasksHit, scope }: AlertIncident): string {
  const whom = scope.map(({ field, values }) => `${field} ${values.join(', ')}`).join('; ');
  return `${tasksHit} ${tasksHit === 1 ? 'checkout' : 'checkouts'}, ${whom === '' ? 'of everybody alike' : `only ${whom}`}`;
}

/** How many of each kind, where that is known. */
function hitByOf({ hitBy }: AlertIncident): string {
  return Object.entries(hitBy)
    .map(([field, values]) => {
      const counts = Object.entries(values).map(([value, count]) => `${count} ${value}`);
      return `${field} ${counts.join(', ')}`;
    })
    .join('; ');
}

export function moneyOf({ atRisk, lost }: Pick<AlertIncident, 'atRisk' | 'lost'>): string {
  return `${amounts(atRisk)} at risk, ${amounts(lost)} lost`;
}

export function amounts(byCurrency: Readonly<Record<string, number>>): string {
  const told = Object.entries(byCurrency)
    .filter(([, minor]) => minor !== 0)
    .map(([currency, minor]) => money(minor, currency));
  return told.join(', ') || 'nothing';
}

/** Minutes, seconds and tenths. */
export function clock(ms: number): string {
  const tenths = Math.max(0, Math.round(ms / 100));
  const minutes = Math.floor(tenths / 600);
  return `${String(minutes).padStart(2, '0')}:${((tenths % 600) / 10).toFixed(1).padStart(4, '0')}`;
}
