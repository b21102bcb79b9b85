// One worker, without and with all observers, against peers on the same server.
import type { OnPostgresName, Surroundings } from '../peers/on-postgres.ts';
import { medianRatio, quantile } from '../result.ts';
import type { Part, Timings } from './part.ts';
import { enter, hundredths, latencyMs, perSecond, rates, rowOf, type Standing } from './standing.ts';

const aims = { dbos: 5, dbosObserved: 3.5, p50Ms: 80, openP50Ms: 40 };
const openPerSecond = 200;

const peers: readonly { readonly name: OnPostgresName; readonly label: string }[] = [
  { name: 'dbos', label: 'DBOS' },
  { name: 'graphileWorker', label: 'graphile-worker, five jobs in a chain' },
  { name: 'pgBoss', label: 'pg-boss, five jobs in a chain' },
];

export interface AgainstPeers {
  readonly tasker: Standing;
  readonly observed: Standing;
  /** In the order of the peers. */
  readonly others: readonly Standing[];
}

/** Whatever was started is in `started`, also when another could not be. */
export async function enterPeers(
  surroundingsOf: (purpose: string) => Promise<Surroundings>,
  started: Standing[],
): Promise<AgainstPeers> {
  const entered = async (name: OnPostgresName, label: string): Promise<Standing> => {
    const standing = await enter(name, label, await surroundingsOf(name));
    started.push(standing);
    return standing;
  };
  const tasker = await entered('tasker', 'Tasker, no observers');
  const observed = await entered('taskerObserved', 'Tasker, all observers');
  const others = await Promise.all(peers.map(({ name, label }) => entered(name, label)));
  return { tasker, observed, others };
}

/** So many started a second, whatever became of those before. */
export async function measureOpen({ tasker }: AgainstPeers, { open }: Timings): Promise<readonly number[]> {
  return (await tasker.lane?.measure({ kind: 'open', perSecond: openPerSecond }, open))?.latenciesMs ?? [];
}

export function partOfPeers({ tasker, observed, others }: AgainstPeers, openMs: readonly number[]): Part {
  const openP50Ms = hundredths(quantile(openMs, 0.5));
  const openP99Ms = hundredths(quantile(openMs, 0.99));
  for (const { skipped } of [tasker, observed]) {
    if (skipped !== null) throw new Error(`Tasker itself could not be measured: ${skipped}`);
  }
  const figures: Record<string, number> = {
    taskerPerSecond: perSecond(tasker),
    taskerP50Ms: latencyMs(tasker, 0.5),
    taskerP99Ms: latencyMs(tasker, 0.99),
    observedPerSecond: perSecond(observed),
    observedP50Ms: latencyMs(observed, 0.5),
    observedP99Ms: latencyMs(observed, 0.99),
    openP50Ms,
    openP99Ms,
  };
  const ratios: Record<string, number> = { observedToTasker: hundredths(medianRatio(rates(observed), rates(tasker))) };
  const table: [string, string][] = [
    [tasker.label, rowOf(tasker)],
    ['', `${tasker.lane?.versions}: ${tasker.lane?.durability}`],
    [observed.label, `${rowOf(observed)}; ${ratios['observedToTasker']} of without`],
    [`Tasker, ${openPerSecond} started a second`, `p50 ${openP50Ms} ms, p99 ${openP99Ms} ms`],
  ];
  for (const [index, { name }] of peers.entries()) {
    const standing = others[index];
    if (standing === undefined) continue;
    if (standing.skipped !== null) {
      table.push([standing.label, `left out: ${standing.skipped}`]);
      continue;
    }
    const [ratio, ratioObserved] = [tasker, observed].map((one) =>
      hundredths(medianRatio(rates(one), rates(standing))),
    );
    figures[`${name}PerSecond`] = perSecond(standing);
    ratios[ratioName('tasker', name)] = ratio ?? Number.NaN;
    ratios[ratioName('observed', name)] = ratioObserved ?? Number.NaN;
    table.push(
      [standing.label, `${rowOf(standing)}; Tasker is ${ratio} times as fast, ${ratioObserved} with all observers`],
      ['', `${standing.lane?.versions}: ${standing.lane?.durability}`],
    );
  }
  const atLeast = (name: string, aim: number) => ({
    aim: `${name} >= ${aim}${ratios[name] === undefined ? ' (not measured)' : ''}`,
    met: (ratios[name] ?? 0) >= aim,
  });
  return {
    table,
    figures,
    ratios,
    aims: [
      atLeast(ratioName('tasker', 'dbos'), aims.dbos),
      atLeast(ratioName('observed', 'dbos'), aims.dbosObserved),
      { aim: `taskerP50Ms <= ${aims.p50Ms}`, met: latencyMs(tasker, 0.5) <= aims.p50Ms },
      { aim: `openP50Ms <= ${aims.openP50Ms}`, met: openP50Ms <= aims.openP50Ms },
    ],
  };
}

function ratioName(ours: 'tasker' | 'observed', peer: OnPostgresName): string {
  return `${ours}To${peer.charAt(0).toUpperCase()}${peer.slice(1)}`;
}
