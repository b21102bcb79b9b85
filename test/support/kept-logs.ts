import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

import type { LoggedEvent } from '../../src/index.ts';
import { fromStored } from '../../src/log/append.ts';

const folder = new URL('../fixtures/logs/', import.meta.url);
const suffix = '.ndjson';

interface KeptEvent {
  readonly position: number;
  readonly id: string;
  readonly name: string;
  readonly schemaVersion: number;
  readonly occurredAt: number;
  readonly taskId: string | null;
  readonly step: string | null;
  readonly attempt: number | null;
}

/** Writes what was recorded as this release's log, without the name of the machine it was recorded on. */
export function keepLog(events: readonly LoggedEvent[]): void {
  const packageFile = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(packageFile) as { version: string };
  const lines = events.map((event) =>
    JSON.stringify('host' in event.payload ? { ...event, payload: { ...event.payload, host: 'host-1' } } : event),
  );
  writeFileSync(new URL(`${version}${suffix}`, folder), `${lines.join('\n')}\n`);
}

export function keptReleases(): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(suffix))
    .map((name) => name.slice(0, -suffix.length))
    .sort();
}

/** As readers of the log get it today, and the version that each event was written in. */
export function readKept(release: string): readonly { readonly event: LoggedEvent; readonly writtenIn: number }[] {
  const text = readFileSync(new URL(`${release}${suffix}`, folder), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { position, id, name, schemaVersion, occurredAt, taskId, step, attempt, ...rest } = JSON.parse(
        line,
      ) as KeptEvent;
      const body = JSON.stringify(rest);
      const columns = { position, id, name, schemaVersion, occurredAt, taskId, step, attempt };
      return { event: fromStored({ ...columns, body }), writtenIn: schemaVersion };
    });
}
