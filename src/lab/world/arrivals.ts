import type { JsonObject } from '../../index.ts';
import type { Fault, Traffic, Who, Workflow } from '../scenario/scenario.ts';
import { Chance, keyOf } from './chance.ts';

/** A task that starts, or, in a silence, would have started. */
export interface Arrival {
  readonly workflow: number;
  /** Counted per workflow. */
  readonly number: number;
  readonly atMs: number;
  readonly context: JsonObject;
}

const minuteMs = 60_000;
const dayMinutes = 1440;

/** The tasks of one workflow in time order: moments of a Poisson process whose rate follows the day. */
export function* arrivals(
  workflow: Workflow,
  index: number,
  { seed, startMs, durationMs }: { readonly seed: number; readonly startMs: number; readonly durationMs: number },
): Generator<Arrival> {
  const chance = new Chance(keyOf('arrivals', seed, workflow.namespace, workflow.name));
  const { traffic } = workflow;
  const most = traffic.rate * Math.max(...(traffic.daily ?? [1]));
  if (most <= 0) return;
  let number = 0;
  for (let atMs = startMs; ;) {
    atMs += chance.exponential(most);
    if (atMs >= startMs + durationMs) return;
    // Thinning: of moments at the highest rate, so many stay as the rate of the moment is lower.
    if (chance.next() * most >= rateAt(traffic, atMs)) continue;
    number += 1;
    yield { workflow: index, number, atMs, context: contextOf(workflow, seed, number) };
  }
}

/** Tasks a millisecond. */
export function rateAt({ rate, daily, quiet }: Traffic, atMs: number): number {
  const minute = (atMs / minuteMs) % dayMinutes;
  let factor = 1;
  if (daily !== null) {
    const hour = Math.floor(minute / 60);
    const part = minute / 60 - hour;
    factor = (daily[hour % 24] ?? 1) * (1 - part) + (daily[(hour + 1) % 24] ?? 1) * part;
  }
  for (const { fromMinute, toMinute, factor: least } of quiet) {
    const within =
      fromMinute <= toMinute ? minute >= fromMinute && minute < toMinute : minute >= fromMinute || minute < toMinute;
    if (within) factor *= least;
  }
  return rate * factor;
}

function contextOf(workflow: Workflow, seed: number, number: number): JsonObject {
  const chance = new Chance(keyOf('customer', seed, workflow.namespace, workflow.name, number));
  const customer = Object.entries(workflow.customers).map(([field, values]) => [field, chance.pick(values)] as const);
  return {
    ...workflow.context,
    ...Object.fromEntries(customer),
    order_value: Math.max(1, Math.round(chance.logNormal(workflow.order.value))),
    currency: chance.pick(workflow.order.currencies),
    lab_task: number,
  };
}

/** Whether a fault is meant for this customer. */
export function isMeant(who: Who, context: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(who).every(([field, values]) => values.includes(String(context[field])));
}

/** The silence that keeps an arrival from starting; -1 where none does. */
export function silencedBy(faults: readonly Fault[], workflow: Workflow, startMs: number, arrival: Arrival): number {
  return faults.findIndex(
    (fault) =>
      fault.kind === 'silence' &&
      arrival.atMs >= startMs + fault.fromMs &&
      arrival.atMs < startMs + fault.toMs &&
      fault.hits.some(({ namespace, task }) => namespace === workflow.namespace && task === workflow.name) &&
      isMeant(fault.who, arrival.context),
  );
}
