/** Stops on SIGTERM and SIGINT, once; returns what forgets them again. */
export function onStopSignals(stop: () => void): () => void {
  const signals = ['SIGTERM', 'SIGINT'] as const;
  for (const signal of signals) process.once(signal, stop);
  return () => {
    for (const signal of signals) process.removeListener(signal, stop);
  };
}
