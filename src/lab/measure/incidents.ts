import type { AlertIncident, AlertNotice } from '../../index.ts';

/** A notice, and when it came. */
export interface Received {
  readonly atMs: number;
  readonly notice: AlertNotice;
}

/** What was said of one incident, from the first notice on. */
export interface SaidIncident {
  readonly key: string;
  readonly firstAtMs: number;
  readonly first: AlertIncident;
  /** In the order in which it came. */
  readonly said: readonly {
    readonly atMs: number;
    readonly kind: AlertNotice['kind'];
    readonly incident: AlertIncident;
  }[];
  /** null: never. */
  readonly resolvedAtMs: number | null;
}

/** By key, in the order of their first notices. A trigger that comes twice is one; what nobody was paged with is none. */
export function incidentsIn(received: readonly Received[]): readonly SaidIncident[] {
  const found = new Map<string, { -readonly [Key in keyof SaidIncident]: SaidIncident[Key] }>();
  for (const { atMs, notice } of received) {
    if (notice.kind === 'summary' || notice.kind === 'settle') continue;
    const { incident, kind } = notice;
    const known = found.get(incident.key);
    const said = { atMs, kind, incident };
    if (known === undefined) {
      if (kind === 'resolve') continue;
      const first = { key: incident.key, firstAtMs: atMs, first: incident };
      found.set(incident.key, { ...first, said: [said], resolvedAtMs: null });
      continue;
    }
    known.said = [...known.said, said];
    if (kind === 'resolve') known.resolvedAtMs ??= atMs;
  }
  return [...found.values()];
}

/** As it was known at a moment: what the last notice until then said. */
export function knownAt({ said, first }: SaidIncident, atMs: number): AlertIncident {
  return said.findLast((one) => one.atMs <= atMs && one.kind !== 'resolve')?.incident ?? first;
}
