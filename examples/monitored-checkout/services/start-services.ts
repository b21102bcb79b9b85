import type { ServiceName } from '../service-urls.ts';
import { type Answering, startHttpService, type HttpService } from './http-service.ts';
import { inventoryService } from './inventory.ts';
import { mailService } from './mail.ts';
import { ordersService } from './orders.ts';
import { paymentsService } from './payments.ts';
import type { ServiceDefinition } from './service.ts';
import { serviceControls } from './service-controls.ts';
import type { Services, ServicesOptions } from './services.ts';

/** The four services in this process. */
export async function startServices(options: ServicesOptions = {}, answering?: Answering): Promise<Services> {
  const { seed = 1, host = '127.0.0.1', ports = {}, stockPerSku = 10_000_000 } = options;
  const started: HttpService[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(started.map((service) => service.close()));
  };

  const start = async (definition: ServiceDefinition): Promise<string> => {
    const service = await startHttpService(definition, {
      host,
      port: ports[definition.name] ?? 0,
      seed,
      baseLatencyMs: latencyOf(options, definition.name) ?? definition.usualLatencyMs,
      ...(answering !== undefined && { answering }),
    });
    started.push(service);
    return service.url;
  };

  try {
    const urls = {
      payments: await start(paymentsService()),
      inventory: await start(inventoryService(stockPerSku)),
      orders: await start(ordersService()),
      mail: await start(mailService()),
    };
    return { urls, ...serviceControls(urls), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function latencyOf({ baseLatencyMs }: ServicesOptions, name: ServiceName): number | undefined {
  return typeof baseLatencyMs === 'object' ? baseLatencyMs[name] : baseLatencyMs;
}
