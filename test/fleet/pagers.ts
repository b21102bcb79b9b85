import { type AlertNotice, defineSink } from '../../src/index.ts';

/** Sinks of one name, one for each worker, and what was told by which. */
export function pagers() {
  const told: string[] = [];
  const pager = (by: string) =>
    defineSink({
      name: 'pager',
      alerts: async (notices: readonly AlertNotice[]) => {
        for (const notice of notices)
          if (notice.kind !== 'summary') told.push(`${notice.kind} ${notice.incident.task ?? 'engine'} by ${by}`);
        return { kind: 'delivered' };
      },
    });
  return { told, pager };
}
