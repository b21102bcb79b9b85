import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readRetryAfter } from './retry-after.ts';

describe('Retry-After', () => {
  const date = 'Mon, 23 Nov 2026 15:00:00 GMT';
  const cases: readonly { title: string; headers: Record<string, string>; ms: number | undefined }[] = [
    { title: 'that is absent says nothing', headers: {}, ms: undefined },
    { title: 'in seconds becomes milliseconds', headers: { 'retry-after': '12' }, ms: 12_000 },
    { title: 'of zero means at once', headers: { 'retry-after': '0' }, ms: 0 },
    {
      title: 'as a date counts from the date of the answer',
      headers: { 'retry-after': 'Mon, 23 Nov 2026 15:01:30 GMT', date },
      ms: 90_000,
    },
    {
      title: 'as a date that has passed means at once',
      headers: { 'retry-after': 'Mon, 23 Nov 2026 14:00:00 GMT', date },
      ms: 0,
    },
    {
      title: 'as a date says nothing when the answer has none',
      headers: { 'retry-after': 'Mon, 23 Nov 2026 15:01:30 GMT' },
      ms: undefined,
    },
    { title: 'that can’t be read says nothing', headers: { 'retry-after': 'soon', date }, ms: undefined },
  ];

  for (const { title, headers, ms } of cases) {
    it(title, () => assert.equal(readRetryAfter(new Headers(headers)), ms));
  }
});
