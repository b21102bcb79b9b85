import type { LoggedEvent } from './events/envelope.ts';
import type { AttemptError } from './execution/task-store.ts';
import type { EventLog } from './log/event-log.ts';
import { isPlainObject } from './shared/json.ts';
import type { HistoryEntry } from './tasker.ts';

const pageSize = 10_000;

/** All that is recorded of a task. */
export async function eventsOf(log: EventLog, taskId: string): Promise<readonly LoggedEvent[]> {
  const events: LoggedEvent[] = [];
  for (let after = 0; ;) {
    const page = await log.read({ after, limit: pageSize, filter: { taskId } });
    events.push(...page.events);
    if (page.events.length < pageSize) return events;
    after = page.lastPosition;
  }
}

type Entry = { -readonly [Key in keyof HistoryEntry]: HistoryEntry[Key] };

const endings: Readonly<Record<string, NonNullable<HistoryEntry['outcome']>>> = {
  'step.completed': 'completed',
  'step.failed': 'failed',
  'step.cancelled': 'cancelled',
  'step.resolved_manually': 'resolved_manually',
};

/** A task's recorded events as a timeline: an attempt's events become one line, everything else keeps its own. */
export function timeline(events: readonly LoggedEvent[], errors: readonly AttemptError[]): HistoryEntry[] {
  const lines: Entry[] = [];
  const open = new Map<string, Entry>();
  for (const event of events) {
    const payload: Readonly<Record<string, unknown>> = isPlainObject(event.payload) ? event.payload : {};
    const key = event.step ?? '';
    if (event.name === 'step.execution_requested') {
      const line: Entry = {
        ...blank(event),
        what: 'attempt',
        waitedMs: numeric(payload['waitedMs']),
        outcome: 'running',
      };
      lines.push(line);
      open.set(key, line);
      continue;
    }
    const running = open.get(key);
    const outcome = endings[event.name];
    if (outcome !== undefined && running !== undefined) {
      open.delete(key);
      finish(running, outcome, payload, errors);
      continue;
    }
    lines.push({
      ...blank(event),
      outcome: outcome ?? null,
      durationMs: numeric(payload['durationMs']),
      by: text(payload['by']),
      why: text(payload['why']),
      nextAttemptAt: numeric(payload['notBefore']),
      keyGeneration: numeric(payload['keyGeneration']),
    });
  }
  return lines;
}

function finish(
  line: Entry,
  outcome: NonNullable<HistoryEntry['outcome']>,
  payload: Readonly<Record<string, unknown>>,
  errors: readonly AttemptError[],
): void {
  line.outcome = outcome;
  line.durationMs = numeric(payload['durationMs']);
  line.final = text(payload['final']);
  line.by = text(payload['by']);
  line.why = text(payload['why']);
  const told = payload['error'];
  if (!isPlainObject(told)) return;
  const kept = errors.find((error) => error.step === line.step && error.attempt === line.attempt);
  const code = text(told['code']);
  const status = numeric(told['status']);
  line.error = {
    type: text(told['type']) ?? '_OTHER',
    message: kept?.message ?? text(told['message']),
    ...(code !== null && { code }),
    ...(status !== null && { status }),
    stack: kept?.stack ?? null,
  };
}

function blank(event: LoggedEvent): Entry {
  return {
    at: event.occurredAt,
    step: event.step,
    attempt: event.attempt,
    what: event.name,
    waitedMs: null,
    durationMs: null,
    outcome: null,
    final: null,
    error: null,
    by: null,
    why: null,
    nextAttemptAt: null,
    keyGeneration: null,
  };
}

function numeric(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
