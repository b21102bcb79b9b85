import type { ServiceUrls } from '../service-urls.ts';
import type { ServiceStats } from './service.ts';
import type { Services } from './services.ts';

/** Statistics and fault switches through the services' own HTTP interface, the one that curl uses. */
export function serviceControls(urls: ServiceUrls): Pick<Services, 'stats' | 'setFault'> {
  return {
    stats: async () => {
      const [payments, inventory, orders, mail] = await Promise.all([
        statsOf(urls.payments),
        statsOf(urls.inventory),
        statsOf(urls.orders),
        statsOf(urls.mail),
      ]);
      return { payments, inventory, orders, mail };
    },
    setFault: async (name, fault) => {
      const init = fault === null ? { method: 'DELETE' } : { method: 'PUT', body: JSON.stringify(fault) };
      const response = await fetch(`${urls[name]}/fault`, init);
      const answer = await response.text();
      if (!response.ok) throw new Error(`The ${name} service refused the fault: ${answer.trim()}`);
    },
  };
}

async function statsOf(url: string): Promise<ServiceStats> {
  const response = await fetch(`${url}/stats`);
  // Both ends are of this folder and of one version: a check would only repeat the type.
  return (await response.json()) as ServiceStats;
}
