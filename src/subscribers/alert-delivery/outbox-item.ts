import type { AlertIncident } from '../../signals/alert.ts';

export type NoticeKind = 'trigger' | 'update' | 'repeat' | 'acknowledge' | 'resolve' | 'settle';

/** One incident, as it stands and as the receiver knows it. Plain JSON. */
export interface OutboxItem {
  incident: AlertIncident;
  /** As it was last said, or begun to be. */
  said: AlertIncident | null;
  /** `maybe`: it was begun to be said, and what became of that is not known. */
  told: 'no' | 'maybe' | 'yes';
  /** Whether a route leads here. One that was told stays, wherever its routes lead by now. */
  mine: boolean;
  silenced: boolean;
  /** Raised whenever there is something new to say, and the one that was said last or given up. */
  version: number;
  saidVersion: number;
  /** The last version that told of more than figures. */
  newsVersion: number;
  acknowledged: 'no' | 'asked' | 'told';
  endedAtMs: number | null;
  endSaidAtMs: number | null;
  /** What it has cost in the end: to be said, or said (with its end, if that came so late); left out while not known. */
  cost?: 'due' | 'said';
  /** When anything was said of it. */
  saidAtMs: number;
  /** Its turn; null: nothing is to be said of it. */
  turn: number | null;
  /** Since it was last said. */
  failures: number;
  /** It is among those that are summed up. */
  summedUp: boolean;
}

/** For receivers that forget: a resolution that came alone may be lost between two of a cluster. */
export const resolutionRepeatedForMs = 300_000;
/** What it has cost is told within an hour of its end, or never. */
const costAwaitedForMs = 2 * 3_600_000;

export function newItem(incident: AlertIncident): OutboxItem {
  return {
    incident,
    said: null,
    told: 'no',
    mine: false,
    silenced: false,
    version: 0,
    saidVersion: 0,
    newsVersion: 0,
    acknowledged: 'no',
    endedAtMs: null,
    endSaidAtMs: null,
    saidAtMs: 0,
    turn: null,
    failures: 0,
    summedUp: false,
  };
}

/** What is to be said of it now; null: nothing. */
export function nextOf(item: OutboxItem, nowMs: number, repeatMs: number | null): NoticeKind | null {
  const repeats = repeatMs !== null && nowMs >= item.saidAtMs + repeatMs;
  if (item.endedAtMs !== null) {
    if (item.told === 'no') return null;
    if (item.endSaidAtMs === null) return 'resolve';
    if (item.cost === 'due') return 'settle';
    return repeats && nowMs < item.endSaidAtMs + resolutionRepeatedForMs ? 'resolve' : null;
  }
  const mayBeTold = !item.silenced && (item.mine || item.told !== 'no');
  if (mayBeTold && item.version > item.saidVersion) {
    if (item.told !== 'yes') return 'trigger';
    if (item.newsVersion > item.saidVersion) return 'update';
  }
  if (item.told !== 'yes') return null;
  if (item.acknowledged === 'asked') return 'acknowledge';
  // Newer figures are no news: a receiver to whom every notice is a message passes them by.
  if (mayBeTold && item.version > item.saidVersion) return 'repeat';
  // Also while it is silenced: a receiver that forgets would tell everybody that it is over.
  return repeats ? 'repeat' : null;
}

export function isDone(item: OutboxItem, nowMs: number, repeatMs: number | null): boolean {
  const { endedAtMs, endSaidAtMs, told, cost, incident } = item;
  if (endedAtMs === null) return false;
  if (told === 'no') return true;
  if (endSaidAtMs === null || cost === 'due') return false;
  const isAwaited = cost === undefined && Object.keys(incident.atRisk).length > 0;
  if (isAwaited && nowMs < endSaidAtMs + costAwaitedForMs) return false;
  return repeatMs === null || nowMs >= endSaidAtMs + resolutionRepeatedForMs;
}
