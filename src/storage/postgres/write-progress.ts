import type { ParkedEvent, Progress } from '../../subscribers/subscriber-store.ts';
import type { PlacedEvent } from './append-events.ts';
import { storableText } from './storable-text.ts';

/** What a subscriber has to save, as the commit function takes it: small things as JSON, its state apart. */
export interface ProgressRow {
  readonly part: string;
  readonly state: string | null;
}

export function progressRow(progress: Progress): ProgressRow {
  const state = 'state' in progress ? (progress.state ?? null) : null;
  return { part: JSON.stringify(partOf(progress)), state };
}

/** The events of parts; their places go on after those of the changes. */
export function eventsOfParts(parts: readonly Progress[], changes: number): readonly PlacedEvent[] {
  return parts.flatMap((part, index) =>
    'events' in part ? part.events.map((event) => ({ at: changes + index + 1, event })) : [],
  );
}

function partOf(progress: Progress): object {
  const { kind, subscriber } = progress;
  switch (progress.kind) {
    case 'register':
      return { kind, subscriber, checkpoint: progress.checkpoint };
    case 'advance': {
      const { generation, from, to, countsFrom, state, park, unpark } = progress;
      const keepsState = state === undefined;
      return { kind, subscriber, generation, from, to, countsFrom, keepsState, park: park.map(parkedRow), unpark };
    }
    case 'lag':
      return { kind, subscriber, lagged: progress.lagged };
    case 'swap': {
      const { generation, checkpoint, countsFrom, replayedFrom, park } = progress;
      return { kind, subscriber, generation, checkpoint, countsFrom, replayedFrom, park: park.map(parkedRow) };
    }
    case 'replaying': {
      const replay = progress.replay === null ? null : JSON.stringify(progress.replay);
      return { kind, subscriber, replay };
    }
    case 'note':
    case 'unregister':
      return { kind, subscriber };
  }
}

function parkedRow({ position, eventName, taskId, attempts, parkedAt, error }: ParkedEvent): object {
  return {
    position,
    eventName,
    taskId,
    attempts,
    parkedAt,
    errorType: storableText(error?.type ?? null),
    errorMessage: error === null ? null : storableText(error.message),
    errorStack: storableText(error?.stack ?? null),
  };
}
