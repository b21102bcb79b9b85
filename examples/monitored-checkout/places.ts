import { createServer } from 'node:net';

import { usualPorts } from './service-urls.ts';
import type { Services } from './services/services.ts';
import { spawnServices } from './services/spawn-services.ts';

/** The four services, at their usual ports, or at any when somebody has one of them. */
export async function startUsualServices(): Promise<Services> {
  try {
    return await spawnServices({ ports: usualPorts });
  } catch {
    return spawnServices();
  }
}

/** Prometheus's usual port, or any when somebody has it. */
export async function operationsPort(): Promise<number> {
  const usual = 9464;
  const probe = createServer();
  const isFree = await new Promise<boolean>((resolve) => {
    probe.once('error', () => resolve(false)).listen(usual, '127.0.0.1', () => resolve(true));
  });
  probe.close();
  return isFree ? usual : 0;
}
