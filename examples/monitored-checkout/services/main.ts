// Starts the four services, prints their addresses as one line of JSON, or {"error": …}, and ends when standard input
// does: whoever started it holds the other end, so it cannot outlive them, however they end.
//
//   node services/main.ts ['{"seed":7,"baseLatencyMs":0,"ports":{"payments":4101}}']
import { otlpEndpoint } from '../otlp-endpoint.ts';
import { startServices } from './start-services.ts';
import type { ServicesOptions } from './services.ts';

try {
  const traced = otlpEndpoint === '' ? null : await tracing();
  const services = await startServices(JSON.parse(process.argv[2] ?? '{}') as ServicesOptions, traced?.answering);
  process.stdin.resume();
  process.stdin.once('close', () => void services.close().then(() => traced?.shutDown()));
  process.once('SIGTERM', stop);
  // Ctrl-C reaches the whole process group; a child waits for its parent, which may need the services to stop well.
  if (process.stdin.isTTY) process.once('SIGINT', stop);
  else process.on('SIGINT', () => undefined);
  say(services.urls);
} catch (error) {
  say({ error: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
}

/** Loaded only where somebody takes the spans. */
async function tracing() {
  const { traceServers } = await import('../opentelemetry.ts');
  const { serverSpans } = await import('./server-spans.ts');
  const traced = traceServers();
  return { answering: serverSpans((service) => traced.tracerOf(service)), shutDown: () => traced.shutDown() };
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function stop(): void {
  process.stdin.destroy();
}
