const everyMs = 1000;

/** Asks for the services' health as a load balancer does, once a second. */
export function watchHealth(urls: readonly string[]) {
  const counts = { asked: 0, green: 0 };
  let isStopped = false;
  const ask = async (url: string): Promise<void> => {
    const isGreen = await fetch(`${url}/health`, { signal: AbortSignal.timeout(everyMs) }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isStopped) return;
    counts.asked += 1;
    if (isGreen) counts.green += 1;
  };
  const timer = setInterval(() => {
    for (const url of urls) void ask(url);
  }, everyMs);
  return {
    counts: counts as Readonly<typeof counts>,
    stop(): void {
      isStopped = true;
      clearInterval(timer);
    },
  };
}
