// The same load shared out among one, two and four workers, each a process, on one database.
import type { Surroundings } from '../peers/on-postgres.ts';
import { medianRatio } from '../result.ts';
import type { Part, Timings } from './part.ts';
import { enter, hundredths, interleave, leave, perSecond, rates, rowOf, type Standing } from './standing.ts';

const aim = 0.85;

export async function scaleOut(
  surroundingsOf: (purpose: string) => Promise<Surroundings>,
  timings: Timings,
): Promise<Part> {
  const standings: Standing[] = [];
  try {
    for (const workers of [1, 2, 4]) {
      const label = workers === 1 ? 'one worker' : `${workers} workers`;
      standings.push(await enter('tasker', label, await surroundingsOf(`workers_${workers}`), workers));
    }
    await interleave(standings, timings);
  } finally {
    await leave(standings);
  }
  const [one, two, four] = standings as [Standing, Standing, Standing];
  for (const { label, skipped } of standings) {
    if (skipped !== null) throw new Error(`Tasker with ${label} could not be measured: ${skipped}`);
  }
  const [twoToOne, fourToOne] = [two, four].map((many) => hundredths(medianRatio(rates(many), rates(one)))) as [
    number,
    number,
  ];
  return {
    table: [
      [one.label, rowOf(one)],
      [two.label, `${rowOf(two)}; ${twoToOne} of one`],
      [four.label, `${rowOf(four)}; ${fourToOne} of one`],
    ],
    figures: {
      oneWorkerPerSecond: perSecond(one),
      twoWorkersPerSecond: perSecond(two),
      fourWorkersPerSecond: perSecond(four),
    },
    ratios: { twoToOne, fourToOne },
    aims: [{ aim: `fourToOne >= ${aim}`, met: fourToOne >= aim }],
  };
}
