/** Tells of what was dropped when it has doubled since: the first at once, a sink that refuses everything some twenty times. */
export function tellDrops(sink: string, tell: (message: string) => void): (count: number, reason: string) => void {
  let dropped = 0;
  let told = 0;
  return (count, reason) => {
    dropped += count;
    if (dropped < told * 2) return;
    told = dropped;
    tell(`Sink '${sink}' did not take ${count} spans, which are dropped: ${reason} (${dropped} so far).`);
  };
}
