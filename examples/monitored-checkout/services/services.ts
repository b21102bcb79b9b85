import type { ServiceName, ServiceUrls } from '../service-urls.ts';
import type { Fault } from './fault.ts';
import type { ServiceStats } from './service.ts';

export interface ServicesOptions {
  /** Of latency and of which calls an error rate hits. Default 1. */
  readonly seed?: number;
  /** Of all services, or of some; default: each its usual one, 10 to 40 ms. 0 answers at once. */
  readonly baseLatencyMs?: number | Partial<Readonly<Record<ServiceName, number>>>;
  /** Default 0 each: any free one. */
  readonly ports?: Partial<Readonly<Record<ServiceName, number>>>;
  /** What they listen on. Default 127.0.0.1; 0.0.0.0 in a container, where callers come from others. */
  readonly host?: string;
  /** Units of every article at the start. Default ten million. */
  readonly stockPerSku?: number;
}

/** The four running services, wherever they run. */
export interface Services {
  readonly urls: ServiceUrls;
  stats(): Promise<Readonly<Record<ServiceName, ServiceStats>>>;
  /** Replaces the service's fault; null: it is well again. Calls that already hang go on hanging. */
  setFault(name: ServiceName, fault: Fault | null): Promise<void>;
  close(): Promise<void>;
}
