import type { LoggedEvent } from './events/envelope.ts';
import type { Storage } from './execution/storage.ts';
import type { EventPage } from './log/event-log.ts';
import type { Clock } from './shared/clock.ts';
import { isTaskerError, TaskerError } from './shared/errors.ts';
import type { AlertGenerationOptions } from './subscribers/alert-generation/alert-generation.ts';
import { backtest, backtestNames } from './subscribers/alert-generation/backtest/backtest.ts';
import type { PolicyInput } from './subscribers/alert-generation/policies/policies.ts';
import { resolvePolicies } from './subscribers/alert-generation/policies/resolve-policies.ts';
import { startPosition } from './subscribers/start-position.ts';
import type { BacktestOptions, BacktestReport } from './tasker.ts';
import { loadPolicies } from './tasks/load-policies.ts';

export interface BacktestParts {
  readonly generation: AlertGenerationOptions;
  readonly storage: Pick<Storage, 'log' | 'workers'>;
  readonly clock: Clock;
}

/**
 * Everything that is learnt of the past is forgotten within two days or 20,000 attempts, whichever comes later: where
 * there is little traffic, the past goes far back and is soon read.
 */
const learntMs = 2 * 86_400_000;
const learntPositions = 1_000_000;
const pageSize = 500;

/**
 * What policies would have said over the recorded log.
 *
 * @throws TaskerError `TASKER_REQUEST_INVALID`: no span of time, or policies that are none.
 */
export async function backtestAlerts(
  { generation, storage, clock }: BacktestParts,
  { sinceMs, untilMs: wantedMs, policies = [], policyFile, onProgress }: BacktestOptions,
): Promise<BacktestReport> {
  const nowMs = clock.now();
  const untilMs = Math.min(wantedMs ?? nowMs, nowMs);
  if (!(sinceMs < untilMs)) throw noSpan(sinceMs, untilMs);
  const given = [
    ...policies,
    ...(policyFile === undefined ? [] : loadPolicies(policyFile, kindsIn(generation.policies))),
  ];
  const alerting = { ...generation, policies: over(generation.policies, given) };
  requireValid(alerting);
  const isRunning = await storage.workers.isEngineRunning();
  return backtest(recorded(storage, await firstPosition(storage, sinceMs)), {
    alerting,
    sinceMs,
    untilMs,
    isRunning,
    onPause: async (atMs) => {
      onProgress?.(atMs);
      // The process may be the engine's: whoever else waits for its thread goes first.
      await new Promise((resolve) => setImmediate(resolve));
    },
  });
}

async function firstPosition({ log }: BacktestParts['storage'], sinceMs: number): Promise<number> {
  const [byTime, since] = await Promise.all([
    startPosition(log, { at: sinceMs - learntMs }),
    startPosition(log, { at: sinceMs }),
  ]);
  return Math.max(0, Math.min(byTime, since - learntPositions));
}

/** Up to what is the log's end now: under load it would run away. The next page is read while one is worked on. */
async function* recorded({ log }: BacktestParts['storage'], from: number): AsyncGenerator<LoggedEvent> {
  const end = await log.lastPosition();
  const read = (after: number): Promise<EventPage> =>
    log.read({ after, limit: pageSize, filter: { names: backtestNames } });
  let next: Promise<EventPage> | null = read(from);
  while (next !== null) {
    const { events, lastPosition }: EventPage = await next;
    next = events.length === pageSize && lastPosition < end ? read(lastPosition) : null;
    // Whoever has had enough does not wait for it, nor for its failure.
    next?.catch(() => undefined);
    yield* events;
  }
}

/** As the configuration's own would be, had it the same keys: a template's word goes before both. */
function over(configured: readonly PolicyInput[], given: readonly PolicyInput[]): readonly PolicyInput[] {
  const policies = new Map(configured.map((policy) => [policy.name, policy]));
  const seen = new Set<string>();
  return given.reduce<PolicyInput[]>(
    (all, policy) => {
      const before = policies.get(policy.name);
      const index = before === undefined ? -1 : all.indexOf(before);
      // Two of one name stay two, so that they are told of.
      if (before === undefined || index === -1 || seen.has(policy.name)) return [...all, policy];
      seen.add(policy.name);
      const where =
        before.where === undefined && policy.where === undefined ? {} : { where: { ...before.where, ...policy.where } };
      return all.with(index, { ...before, ...policy, ...where });
    },
    [...configured],
  );
}

function kindsIn(configured: readonly PolicyInput[]) {
  return new Map(resolvePolicies(configured).all.map(({ name, kind }) => [name, kind]));
}

/** The configuration was checked when it was loaded: what is wrong now is what was asked. */
function requireValid({ policies, tasks }: AlertGenerationOptions): void {
  try {
    resolvePolicies(policies, tasks);
  } catch (error) {
    if (!isTaskerError(error, 'TASKER_CONFIG_INVALID')) throw error;
    throw new TaskerError('TASKER_REQUEST_INVALID', error.message, { cause: error, details: error.details });
  }
}

function noSpan(sinceMs: number, untilMs: number): TaskerError {
  const shown = (ms: number): string => (Number.isFinite(ms) ? new Date(ms).toISOString() : String(ms));
  return new TaskerError(
    'TASKER_REQUEST_INVALID',
    `Expected a time that begins before it ends, and before now; got ${shown(sinceMs)} to ${shown(untilMs)}.`,
    { details: { sinceMs, untilMs } },
  );
}
