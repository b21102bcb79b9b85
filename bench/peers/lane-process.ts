// node lane-process.ts <contender> <surroundings as JSON>: one contender in a process of its own, measured whenever the parent asks.
import { contendersOnPostgres } from './contenders.ts';
import { measure } from './lanes.ts';
import type { LaneReply, LaneRequest, OnPostgresName, Surroundings } from './on-postgres.ts';

const [name = '', surroundings = '{}'] = process.argv.slice(2);

function reply(message: LaneReply): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(message, undefined, undefined, () => resolve());
  });
}

/** It ends the process, whatever timers a contender's library may keep. */
async function giveUp(error: unknown): Promise<never> {
  await reply({ kind: 'skipped', reason: error instanceof Error ? error.message : String(error) });
  process.exit();
}

try {
  const start = await contendersOnPostgres[name as OnPostgresName]();
  const contender = await start(JSON.parse(surroundings) as Surroundings);
  const serve = async (request: LaneRequest): Promise<void> => {
    if (request.kind === 'stop') {
      await contender.stop();
      process.exit();
    }
    await reply({ kind: 'measured', ...(await measure(contender, request.load, request)) });
  };
  process.on('message', (request: LaneRequest) => void serve(request).catch(giveUp));
  await reply({ kind: 'ready', versions: contender.versions, durability: contender.durability });
} catch (error) {
  await giveUp(error);
}
