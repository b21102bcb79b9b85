import type { Clock } from '../shared/clock.ts';
import type { Sink } from './define-sink.ts';

const graceMs = 2000;

/** Closes all at once; one that fails, or takes too long, is told of and left behind. */
export async function closeSinks(
  sinks: readonly Sink[],
  clock: Clock,
  onProblem: (error: unknown) => void,
): Promise<void> {
  await Promise.all(sinks.map((sink) => closeOne(sink, clock).catch(onProblem)));
}

async function closeOne(sink: Sink, clock: Clock): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = clock.setTimer(graceMs, () =>
    late.reject(new Error(`sink '${sink.name}' did not close within ${graceMs} ms and was left behind`)),
  );
  try {
    await Promise.race([sink.close?.(), late.promise]);
  } finally {
    timer.cancel();
  }
}
