import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ServiceName, ServiceUrls } from '../service-urls.ts';
import { serviceControls } from './service-controls.ts';
import type { Services, ServicesOptions } from './services.ts';

export interface SpawnedServices extends Services {
  readonly pid: number;
}

const entry = fileURLToPath(new URL('./main.ts', import.meta.url));
const closeGraceMs = 5000;

/** The four services in a process of their own, which ends with this one. */
export async function spawnServices(options: ServicesOptions = {}): Promise<SpawnedServices> {
  const child = spawn(process.execPath, [entry, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const urls = await readUrls(child.stdout, exited);
  if (child.pid === undefined) throw new Error('The services were started without a process id');

  let closed: Promise<void> | undefined;
  return {
    pid: child.pid,
    urls,
    ...serviceControls(urls),
    close: () => (closed ??= end(child, exited)),
  };
}

async function readUrls(stdout: Readable, exited: Promise<unknown[]>): Promise<ServiceUrls> {
  const lines = createInterface({ input: stdout });
  const [line] = await Promise.race([
    once(lines, 'line'),
    exited.then(([code, signal]) => {
      throw new Error(`The services ended (${String(code ?? signal)}) before they were ready`);
    }),
  ]);
  lines.close();
  const said = fieldsOf(String(line));
  if (said.has('error')) throw new Error(`The services could not start: ${String(said.get('error'))}`);

  const url = (name: ServiceName): string => {
    const value = said.get(name);
    if (typeof value !== 'string') throw new Error(`Expected the address of ${name}, got: ${String(line)}`);
    return value;
  };
  return { payments: url('payments'), inventory: url('inventory'), orders: url('orders'), mail: url('mail') };
}

function fieldsOf(line: string): ReadonlyMap<string, unknown> {
  const value: unknown = JSON.parse(line);
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);
}

async function end(child: ChildProcess, exited: Promise<unknown[]>): Promise<void> {
  child.stdin?.end();
  const overdue = setTimeout(() => child.kill('SIGKILL'), closeGraceMs);
  await exited;
  clearTimeout(overdue);
  if (child.killed) throw new Error(`The services did not end within ${closeGraceMs} ms and were killed`);
}
