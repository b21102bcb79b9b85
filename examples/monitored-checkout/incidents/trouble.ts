import type { ServiceName } from '../service-urls.ts';
import type { Fault } from '../services/fault.ts';
import type { Services } from '../services/services.ts';
import type { Incident } from './incident.ts';
import type { ShopEngine } from './shop-engine.ts';

/** As on any day: now and then a payment fails, and is tried again. */
export const everyDay: Partial<Readonly<Record<ServiceName, Fault>>> = { payments: { errorRate: 0.03 } };

/** Which services are in trouble, and are asked for their health meanwhile. */
export function servicesHit({ trouble }: Incident): readonly ServiceName[] {
  return trouble.kind === 'faults' ? namesOf(trouble.faults) : [];
}

export async function setEveryDay(services: Pick<Services, 'setFault'>): Promise<void> {
  for (const name of namesOf(everyDay)) await services.setFault(name, everyDay[name] ?? null);
}

/** Does it, and says in one line what was done. */
export async function begin(
  { trouble }: Incident,
  services: Pick<Services, 'setFault'>,
  engine: ShopEngine,
): Promise<string> {
  switch (trouble.kind) {
    case 'faults': {
      for (const name of namesOf(trouble.faults)) await services.setFault(name, trouble.faults[name] ?? null);
      return namesOf(trouble.faults)
        .map((name) => `${name}: ${faultText(trouble.faults[name] ?? {})}`)
        .join('; ');
    }
    case 'crash': {
      const pid = await engine.kill();
      return `kill -9 ${pid}: the engine's process is gone`;
    }
    case 'deploy':
      await engine.deploy('faulty');
      return 'a new release of create_order is deployed';
  }
}

export async function end(
  { trouble }: Incident,
  services: Pick<Services, 'setFault'>,
  engine: ShopEngine,
): Promise<string> {
  switch (trouble.kind) {
    case 'faults':
      for (const name of namesOf(trouble.faults)) await services.setFault(name, everyDay[name] ?? null);
      return `${namesOf(trouble.faults).join(', ')}: well again`;
    case 'crash':
      return `a new engine runs: process ${await engine.start('usual')}`;
    case 'deploy':
      await engine.deploy('usual');
      return 'the release is rolled back';
  }
}

/** What a fault does, in words. */
export function faultText({ hang, errorRate, status = 503, latencyMs, match }: Fault): string {
  const does = [
    hang === true && 'calls are never answered, and its health check stays green',
    errorRate !== undefined && `${Math.round(errorRate * 100)} % of the calls fail with ${status}`,
    latencyMs !== undefined && `answers take ${latencyMs / 1000} s longer`,
  ].filter((part) => part !== false);
  const whom = Object.entries(match ?? {}).map(([field, value]) => `${field} ${String(value)}`);
  return `${does.join(', ')}${whom.length === 0 ? '' : `, of ${whom.join(' and ')} alone`}`;
}

function namesOf(faults: Partial<Readonly<Record<ServiceName, Fault>>>): ServiceName[] {
  return Object.keys(faults) as ServiceName[];
}
