import type { ServiceName } from '../service-urls.ts';
import type { Fault } from '../services/fault.ts';
import type { Services } from '../services/services.ts';
import type { Incident } from './incident.ts';
import type { ShopEngine } from './shop-engine.ts';

type Faults = Partial<Readonly<Record<ServiceName, Fault>>>;

const anyDay: Faults = { payments: { errorRate: 0.03 } };

/** What was done, and when it took hold. */
export interface Done {
  readonly atMs: number;
  readonly text: string;
}

/** Which services are in trouble, and are asked for their health meanwhile. */
export function servicesHit({ trouble }: Incident): readonly ServiceName[] {
  return trouble.kind === 'faults' ? namesOf(trouble.faults) : [];
}

export async function setUsualDay(
  { usualDay = anyDay }: Incident,
  services: Pick<Services, 'setFault'>,
  of: readonly ServiceName[] = namesOf(usualDay),
): Promise<void> {
  for (const name of of) await services.setFault(name, usualDay[name] ?? null);
}

export async function begin(
  { trouble }: Incident,
  services: Pick<Services, 'setFault'>,
  engine: ShopEngine,
): Promise<Done> {
  // Before it is done: its first sign may come before whoever does it is back.
  const atMs = Date.now();
  switch (trouble.kind) {
    case 'faults': {
      for (const name of namesOf(trouble.faults)) await services.setFault(name, trouble.faults[name] ?? null);
      const texts = namesOf(trouble.faults).map((name) => `${name}: ${faultText(trouble.faults[name] ?? {})}`);
      return { atMs, text: texts.join('; ') };
    }
    case 'crash': {
      const pid = await engine.kill();
      return { atMs, text: `kill -9 ${pid}: the engine's process is gone` };
    }
    case 'deploy':
      await engine.deploy('faulty');
      return { atMs, text: 'a new release of create_order is deployed' };
  }
}

export async function end(incident: Incident, services: Pick<Services, 'setFault'>, engine: ShopEngine): Promise<Done> {
  const { trouble } = incident;
  const beginsMs = Date.now();
  switch (trouble.kind) {
    case 'faults':
      await setUsualDay(incident, services, namesOf(trouble.faults));
      return { atMs: Date.now(), text: `${namesOf(trouble.faults).join(', ')}: well again` };
    case 'crash':
      // It takes up what was left behind before it says that it is ready.
      return { atMs: beginsMs, text: `a new engine is started, process ${await engine.start('usual')}` };
    case 'deploy':
      await engine.deploy('usual');
      return { atMs: Date.now(), text: 'the release is rolled back' };
  }
}

/** What a fault does, in words. */
export function faultText({ hang, errorRate, status = 503, latencyMs, match }: Fault): string {
  const does = [
    hang === true && 'calls are never answered, and its health check stays green',
    errorRate !== undefined && `${Math.round(errorRate * 100)} % of the calls fail with ${status}`,
    latencyMs !== undefined && `answers take ${latencyMs / 1000} s longer`,
  ].filter((part) => part !== false);
  const whom = Object.entries(match ?? {}).map(
    ([field, value]) => `${field} ${Array.isArray(value) ? value.join(', ') : String(value)}`,
  );
  return `${does.join(', ')}${whom.length === 0 ? '' : `, of ${whom.join(' and ')} alone`}`;
}

function namesOf(faults: Partial<Readonly<Record<ServiceName, Fault>>>): ServiceName[] {
  return Object.keys(faults) as ServiceName[];
}
