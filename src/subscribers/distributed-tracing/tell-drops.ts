/** Reasons that are told each when they first come; a sink that makes up a new one every time is not listened to for ever. */
const mostReasons = 5;

/** Tells of what was dropped when it has doubled since, and of each new reason: a sink that refuses everything, some twenty times. */
export function tellDrops(sink: string, tell: (message: string) => void): (count: number, reason: string) => void {
  const reasons = new Set<string>();
  let dropped = 0;
  let told = 0;
  return (count, reason) => {
    dropped += count;
    const isNew = !reasons.has(reason) && reasons.size < mostReasons;
    if (isNew) reasons.add(reason);
    if (dropped < told * 2 && !isNew) return;
    told = dropped;
    tell(`Sink '${sink}' did not take ${count} spans, which are dropped: ${reason} (${dropped} so far).`);
  };
}
