import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { z } from 'zod';

import { brokenPromises, keptDigests, schemaDigest, withToday } from '../../scripts/schema-digests.ts';
import { catalog, catalogEntry } from '../../src/index.ts';
import { keptReleases, readKept } from '../support/kept-logs.ts';

describe('logs that earlier releases wrote', () => {
  const releases = keptReleases();

  for (const release of releases) {
    test(`every event of the log of ${release} is read as today's catalog describes it`, () => {
      const events = readKept(release);
      for (const { event } of events) {
        const entry = catalogEntry(event.name);
        assert.equal(entry?.kind, 'recorded', `${event.name} is no recorded event any more`);
        assert.equal(event.schemaVersion, entry.schemaVersion);
        assert.deepEqual(entry.payload.parse(event.payload), event.payload, event.name);
        if (event.taskId !== null) assert.ok(event.traceId !== undefined && event.business !== undefined, event.name);
      }
    });
  }

  test('together they hold every version of every recorded event that is kept', () => {
    const held = new Set(
      releases.flatMap((release) => readKept(release).map(({ event, writtenIn }) => `${event.name} ${writtenIn}`)),
    );
    const promised = Object.entries(keptDigests()).flatMap(([name, versions]) =>
      Object.keys(versions).map((version) => `${name} ${version}`),
    );
    const missing = promised.filter((one) => !held.has(one));
    assert.deepEqual(missing, [], "run 'npm run keep-log', and make a scenario for what it does not hold");
  });
});

describe('the shapes of recorded payloads', () => {
  test('none has changed without a new version', () => {
    assert.deepEqual(brokenPromises(keptDigests()), []);
  });

  test('each of today is kept', () => {
    assert.deepEqual(keptDigests(), withToday(keptDigests()), "run 'npm run docs'");
  });

  test('a changed field is a changed shape; another order or description is not', () => {
    const one = z.strictObject({ a: z.string(), b: z.number().optional() });
    const digest = (schema: z.ZodObject): string => schemaDigest(schema as never);
    assert.equal(digest(z.strictObject({ b: z.number().describe('b').optional(), a: z.string() })), digest(one));
    assert.notEqual(digest(z.strictObject({ a: z.string(), b: z.number() })), digest(one));
    assert.notEqual(digest(z.strictObject({ a: z.string(), b: z.string().optional() })), digest(one));
  });

  test('a change without a new version, and an event that is gone, are told by name', () => {
    const [first] = catalog.filter(({ kind }) => kind === 'recorded');
    assert.ok(first !== undefined);
    const [changed, gone] = brokenPromises({ [first.name]: { 1: 'other' }, 'task.forgotten': { 1: 'x' } });
    assert.match(changed ?? '', new RegExp(`^${first.name}: the payload of version 1 has changed`));
    assert.match(gone ?? '', /^task\.forgotten: is no longer/);
    assert.deepEqual(brokenPromises({}), []);
  });
});
