import type { ServiceName } from '../service-urls.ts';
import type { ServiceStats } from '../services/service.ts';
import type { AlertIncident } from '../tasker.ts';
import type { Chronicle, MarkName } from './chronicle.ts';
import { amounts, moneyOf, placeOf, whomOf } from './draw-moment.ts';
import type { Incident, Truth } from './incident.ts';

export interface Outcome {
  readonly incident: Incident;
  readonly chronicle: Pick<Chronicle, 'marks' | 'told' | 'open' | 'main' | 'ledger' | 'mostAtRisk'>;
  readonly stats: Readonly<Record<ServiceName, ServiceStats>>;
  /** What the health checks of the services in trouble said meanwhile. */
  readonly health: { readonly asked: number; readonly green: number };
  readonly turnedAway: number;
}

/** Seconds after the first sign within which somebody is to be told. */
export const aimSeconds = 10;

const markTexts: readonly (readonly [MarkName, string])[] = [
  ['faultBegan', 'the fault began'],
  ['firstSign', 'the log showed it first'],
  ['notified', 'somebody was told'],
  ['faultEnded', 'the fault ended'],
  ['wellAgain', 'it worked again'],
  ['allThrough', 'the last checkout it had left open ended'],
  ['resolved', 'the alert was resolved'],
];

/** Seconds from the first sign to the alert; null where one of them never came. */
export function secondsToTell({ marks }: Pick<Chronicle, 'marks'>): number | null {
  const [sign, told] = [marks.get('firstSign'), marks.get('notified')];
  return sign === undefined || told === undefined ? null : (told - sign) / 1000;
}

export function drawOutcome(outcome: Outcome): string {
  const { incident, chronicle, stats } = outcome;
  return [
    `${incident.name}: ${incident.shows}`,
    '',
    ...drawMarks(chronicle.marks),
    '',
    ...drawVerdict(incident, chronicle),
    '',
    ...drawTruth(outcome),
    drawEffects(stats),
    '',
    'What would have told you without this:',
    ...drawOtherwise(outcome).map((line) => `  - ${line}`),
  ].join('\n');
}

/** In the order of time: some alerts come before what they are told apart from. */
function drawMarks(marks: ReadonlyMap<MarkName, number>): string[] {
  const rows = markTexts
    .flatMap(([mark, text]) => (marks.has(mark) ? [{ text, atMs: marks.get(mark) ?? 0 }] : []))
    .toSorted((a, b) => a.atMs - b.atMs);
  const began = rows[0]?.atMs ?? 0;
  return rows.map(({ text, atMs }, index) => {
    const after = index === 0 ? '' : `  ${seconds(atMs - (rows[index - 1]?.atMs ?? atMs))} later`;
    return `  ${seconds(atMs - began).padStart(8)}  ${text.padEnd(42)}${after}`.trimEnd();
  });
}

function drawVerdict(incident: Incident, chronicle: Outcome['chronicle']): string[] {
  const { main } = chronicle;
  const toTell = secondsToTell(chronicle);
  if (main === null) return ['Nobody was told: no alert came.'];
  const { truth } = incident;
  return [
    toTell === null
      ? `No alert named ${truth.step ?? 'the engine'} while it was so.`
      : `Told ${toTell.toFixed(1)} s after the log showed it first (aim: within ${aimSeconds} s).`,
    `  where    ${placeOf(main)}: ${isRight(main.step === truth.step)}`,
    `  cause    ${main.cause}: ${isRight(truth.causes.includes(main.cause))}`,
    `  whom     ${whomOf(main)}: ${isRight(isScopeRight(main, truth))}`,
    `  money    at most ${amounts(Object.fromEntries(chronicle.mostAtRisk))} at risk; in the end ${moneyOf(main)}`,
    `  alerts   ${chronicle.told.size} opened, ${chronicle.told.size - chronicle.open.size} resolved`,
  ];
}

function isScopeRight({ scope }: AlertIncident, truth: Truth): boolean {
  if (truth.scope === null) return scope.length === 0;
  const { field, values } = truth.scope;
  return scope.length === 1 && scope[0]?.field === field && String(scope[0].values.toSorted()) === String(values);
}

function isRight(right: boolean): string {
  return right ? 'right' : 'NOT right';
}

function drawTruth({ chronicle: { ledger }, turnedAway }: Outcome): string[] {
  const { begun, completed, failed, openTasks, lostMinor, lostAttempts } = ledger;
  return [
    `In truth: ${begun} checkouts begun, ${completed} completed, ${failed} failed for good, ${openTasks.size} still open; ${amounts(Object.fromEntries(lostMinor))} lost.`,
    ...(lostAttempts === 0 ? [] : [`${lostAttempts} attempts ended with their process and were made again.`]),
    ...(turnedAway === 0 ? [] : [`${turnedAway} customers went away because too many waited at the door.`]),
  ];
}

/** Counted by the services, apart from what recognises a call that comes again. */
function drawEffects({ payments }: Outcome['stats']): string {
  const { total, maxPerCart } = payments.effects;
  const paid = maxPerCart <= 1 ? 'no cart was paid twice' : `a cart was paid ${maxPerCart} times`;
  return `Payments, by the service's own count: ${total} made, ${payments.duplicates} calls came again and got the first one's answer; ${paid}.`;
}

function drawOtherwise({ incident, chronicle: { marks }, health }: Outcome): string[] {
  const lines = [incident.otherwise];
  if (health.asked > 0) {
    const green = health.green === health.asked ? 'green each time, so nothing' : `green ${health.green} times`;
    lines.push(`The health check, asked ${health.asked} times meanwhile: ${green}.`);
  }
  const told = marks.get('notified') ?? null;
  lines.push(
    `An error tracker: ${
      incident.trouble.kind === 'crash'
        ? 'nothing, because a process that is killed reports nothing'
        : whenOf('attempt failed', marks.get('firstFailedAttempt'), marks, told)
    }.`,
    `A rule "any failed checkout", or customers who call: ${whenOf('checkout failed for good', marks.get('firstFailedCheckout'), marks, told)}.`,
    'Rules such as "conversion below 80 % for 2 minutes" or "average above 30 s for 5 minutes": those minutes later at the earliest, and without whom it hits.',
  );
  return lines;
}

function whenOf(
  what: string,
  atMs: number | undefined,
  marks: ReadonlyMap<MarkName, number>,
  toldMs: number | null,
): string {
  if (atMs === undefined) return `nothing, because no ${what}`;
  const after = `the first ${what} ${seconds(atMs - (marks.get('faultBegan') ?? atMs))} after the fault began`;
  if (toldMs === null) return after;
  const apart = seconds(Math.abs(atMs - toldMs));
  return `${after}, ${apart} ${atMs < toldMs ? 'sooner' : 'later'} than the alert came`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
