import { catalog, type PayloadOf } from '../../../events/catalog.ts';
import type { LoggedEvent } from '../../../events/envelope.ts';
import { asIncident } from '../alert-facts.ts';
import { alertEvidence } from '../alert-generation.ts';
import { Alerting, type AlertingOptions } from '../alerting.ts';
import type { BacktestIncident, BacktestReport } from './backtest-report.ts';
import { HarmLedger } from './harm-ledger.ts';
import { type IncidentRecord, IncidentRecords, moneyOf } from './incident-record.ts';
import { matchSaid } from './match-said.ts';
import { WatchedTime } from './watched-time.ts';

export interface BacktestRun {
  readonly alerting: AlertingOptions;
  /** Nothing is told of what was before; it is only learnt from. */
  readonly sinceMs: number;
  readonly untilMs: number;
  /** An engine is running now: after the last event somebody still looks. */
  readonly isRunning: boolean;
  /** Told now and then how far it has come, which lets others have their turn. */
  readonly onPause: (atMs: number) => Promise<void>;
}

/** So many looks and events are some milliseconds. */
const pauseEvery = 500;
/** Positions rise with time but for moments, as what was decided first may be committed last. */
const disorderMs = 60_000;

/**
 * What policies would have said over recorded events, in log order: alert generation itself, looking as often as it does
 * in an engine, beside what is on record. Pure, and bounded in memory however long the log is.
 */
export async function backtest(events: AsyncIterable<LoggedEvent>, run: BacktestRun): Promise<BacktestReport> {
  const { alerting: options, sinceMs, untilMs } = run;
  const alerting = new Alerting(options);
  const time = new WatchedTime();
  const ledger = new HarmLedger({ sinceMs, tasks: options.tasks, defaultCurrency: options.defaultCurrency });
  const would = new IncidentRecords(sinceMs);
  const said = new IncidentRecords(sinceMs);
  let learntFromMs: number | null = null;
  let count = 0;
  let work = 0;

  const drain = (): void => {
    // What an incident has cost in the end is the ledger's to say.
    for (const fact of alerting.drain()) if (fact.kind !== 'settled') ledger.told(would.take(fact));
  };
  const look = async (moments: Iterable<number>): Promise<void> => {
    for (const atMs of moments) {
      alerting.tick(atMs);
      drain();
      if ((work += 1) % pauseEvery === 0) await run.onPause(atMs);
    }
  };

  for await (const event of events) {
    await look(time.before(event, untilMs));
    if (event.occurredAt > untilMs + disorderMs) break;
    if (event.occurredAt > untilMs) continue;
    learntFromMs ??= event.occurredAt;
    count += 1;
    if (isNotice(event)) said.take(noticeOf(event));
    else {
      alerting.take(event);
      drain();
      ledger.take(event);
    }
    if ((work += 1) % pauseEvery === 0) await run.onPause(event.occurredAt);
  }
  await look(time.rest(untilMs, run.isRunning));
  ledger.close();
  return { sinceMs, untilMs, learntFromMs, events: count, ...summed(would, said, ledger, sinceMs) };
}

const noticeKinds = {
  'alert.triggered': 'triggered',
  'alert.updated': 'updated',
  'alert.resolved': 'resolved',
} as const;

const evidence: readonly string[] = alertEvidence;

/** The names of all that is to be read: what alert generation follows, and what it said. */
export const backtestNames: readonly string[] = catalog
  .filter(({ kind }) => kind === 'recorded')
  .map(({ name }) => name)
  .filter((name) => name in noticeKinds || evidence.includes(name) || evidence.includes(`${name.split('.')[0]}.*`));

type NoticeName = keyof typeof noticeKinds;

function isNotice(event: LoggedEvent): event is LoggedEvent & { readonly name: NoticeName } {
  return event.name in noticeKinds;
}

function noticeOf(event: LoggedEvent & { readonly name: NoticeName }) {
  const { incident, silenced } = event.payload as PayloadOf<NoticeName>;
  return { kind: noticeKinds[event.name], atMs: event.occurredAt, incident: asIncident(incident), silenced };
}

function summed(
  would: IncidentRecords,
  said: IncidentRecords,
  ledger: HarmLedger,
  sinceMs: number,
): Omit<BacktestReport, 'sinceMs' | 'untilMs' | 'learntFromMs' | 'events'> {
  const records = would.all;
  const saidThen = said.all.map((record) => record.said);
  const { beside, alone } = matchSaid(
    records.map((record) => record.said),
    saidThen,
  );
  const incidents = records.map((record): BacktestIncident => ({
    ...record.said,
    happened: happenedIn(record, sinceMs),
    saidThen: beside.get(record.latest.key) ?? [],
  }));
  const spoke = incidents.flatMap(({ happened }) => happened.spokeBeforeMs ?? []).toSorted((a, b) => a - b);
  return {
    incidents,
    saidThenAlone: alone,
    more: { incidents: would.more, saidThen: said.more },
    uncovered: ledger.uncovered,
    totals: {
      ...ledger.total,
      incidents: incidents.length + would.more,
      saidThen: saidThen.length + said.more,
      silenced: incidents.filter(({ silenced }) => silenced).length,
      notices: would.notices,
      spoke: {
        before: spoke.filter((ms) => ms > 0).length,
        after: spoke.filter((ms) => ms <= 0).length,
        withoutHarm: incidents.filter(({ happened }) => happened.firstMs === null).length,
      },
      spokeBeforeMs: spoke[Math.floor((spoke.length - 1) / 2)] ?? null,
    },
  };
}

function happenedIn(record: IncidentRecord, sinceMs: number): BacktestIncident['happened'] {
  const { failed, breached, lost, firstHarmMs: firstMs, firstNoticeMs } = record;
  const spokeBeforeMs = firstMs === null || firstNoticeMs < sinceMs ? null : firstMs - firstNoticeMs;
  return { failed, breached, lost: moneyOf(lost), firstMs, spokeBeforeMs };
}
