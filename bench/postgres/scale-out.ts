// The same load shared out among one, two and four workers, each a process, on one database.
import type { Surroundings } from '../peers/on-postgres.ts';
import { medianRatio } from '../result.ts';
import type { Part } from './part.ts';
import { enter, hundredths, perSecond, rates, rowOf, type Standing } from './standing.ts';

const aim = 0.85;

export interface ScaleOut {
  readonly two: Standing;
  readonly four: Standing;
}

/** Whatever was started is in `started`, also when another could not be. */
export async function enterWorkers(
  surroundingsOf: (purpose: string) => Promise<Surroundings>,
  started: Standing[],
): Promise<ScaleOut> {
  const entered = async (workers: number): Promise<Standing> => {
    const standing = await enter('tasker', `${workers} workers`, await surroundingsOf(`workers_${workers}`), workers);
    started.push(standing);
    return standing;
  };
  return { two: await entered(2), four: await entered(4) };
}

/** `one`: a single worker, measured by turns with them. */
export function partOfWorkers(one: Standing, { two, four }: ScaleOut): Part {
  for (const { label, skipped } of [one, two, four]) {
    if (skipped !== null) throw new Error(`Tasker with ${label} could not be measured: ${skipped}`);
  }
  const [twoToOne, fourToOne] = [two, four].map((many) => hundredths(medianRatio(rates(many), rates(one)))) as [
    number,
    number,
  ];
  return {
    table: [
      ['one worker', `as above, ${perSecond(one)}/s`],
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
