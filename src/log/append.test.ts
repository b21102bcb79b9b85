import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { systemRandom } from '../shared/ids.ts';
import type { JsonObject } from '../shared/json.ts';
import { fromCommitted, fromStored, toNewEvent } from './append.ts';
import { EncodedEnvelope } from './encoded-envelope.ts';

const jsonObject = fc.dictionary(fc.string(), fc.jsonValue()) as fc.Arbitrary<JsonObject>;

test('an event is the same to whoever is given it after its commit and to whoever reads it from the log', () => {
  const words = fc.string();
  const envelope = fc.record(
    { namespace: words, taskName: words, version: words, correlationId: words, traceId: words, business: jsonObject },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(envelope, jsonObject, fc.boolean(), (told, payload, isOfTask) => {
      const draft = { name: 'custom.shop.noted', occurredAt: 1, payload, attemptFailed: false } as const;
      const stored = isOfTask
        ? toNewEvent({ ...draft, taskId: 'a' }, systemRandom, new EncodedEnvelope(told))
        : toNewEvent(draft, systemRandom);
      const { parts: _made, ...columns } = stored;
      assert.deepEqual(fromCommitted(stored, 7), fromStored({ ...columns, position: 7 }));
    }),
  );
});
