import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { findMonitoring } from '../test-support/find-monitoring.ts';
import { UnreadableSourceError } from '../test-support/tokenise.ts';

const handlers = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));

/** All that handlers may import from outside their folder, the engine itself apart. */
const shared = ['../checkout-context.ts', '../service-urls.ts'];

function readHandler(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8');
}

describe('the handlers', () => {
  it('are all there to be scanned, one file per step', () => {
    const steps = ['validate-cart', 'process-payment', 'update-inventory', 'create-order', 'send-confirmation'];
    for (const step of steps) assert.ok(handlers.includes(`${step}.ts`), step);
  });

  for (const file of [...handlers, ...shared]) {
    it(`have not one line of monitoring in ${file}`, () => {
      assert.deepEqual(findMonitoring(readHandler(file)), []);
    });
  }
});

describe('the scan', () => {
  const planted: readonly (readonly [line: string, what: string])[] = [
    ["console.log('charged');", "global 'console'"],
    ["import { performance } from 'node:perf_hooks';", "import of 'node:perf_hooks'"],
    ["import 'pino';", "import of 'pino'"],
    ["import pino from 'pino';", "import of 'pino'"],
    ["import type { Span } from '@opentelemetry/api';", "import of '@opentelemetry/api'"],
    ["import { log } from '../../../src/sinks/log.ts';", "import of '../../../src/sinks/log.ts'"],
    ["import { x } from './../../src/index.ts';", "import of './../../src/index.ts'"],
    ["import { startTimer } from '../tasker.ts';", "'startTimer' of tasker"],
    ["import * as tasker from '../tasker.ts';", "'*' of tasker"],
    ["export * from 'pino';", "import of 'pino'"],
    ["export { metrics } from 'prom-client';", "import of 'prom-client'"],
    ["const api = await import('node:diagnostics_channel');", 'import('],
    ['const here = import.meta.url;', 'import.'],
    ["const channel = require('node:diagnostics_channel');", "global 'require'"],
    ["process.stderr.write('charged');", "global 'process'"],
    ['const start = Date.now();', "global 'Date'"],
    ['const start = new Date();', "global 'Date'"],
    ['const start = performance.now();', "global 'performance'"],
    ["globalThis['con' + 'sole'];", "global 'globalThis'"],
    ['setTimeout(report, 10);', "global 'setTimeout'"],
    ["context.logger('charged');", "name 'logger'"],
    ["context['logger']('charged');", "name 'logger'"],
    ['step.publish(charged);', "name 'publish'"],
    ['const paymentSpan = 1;', "name 'paymentSpan'"],
    ['const trace_id = 1;', "name 'trace_id'"],
    ["[].constructor.constructor('return this')();", "way to the global object 'constructor'"],
    ["eval('1');", "global 'eval'"],
    ["const text = `charged ${console.log('x')}`;", "global 'console'"],
    ["const text = `a ${`b ${console.log('x')}`} c`;", "global 'console'"],
    ['const all = { ...console };', "global 'console'"],
    ['const quote = /[\'"`]/.test(text); console.log(quote);', "global 'console'"],
    ['const half = (a + b) / 2; console.log(half / 2);', "global 'console'"],
    ["const end = '*/'; console.log(end);", "global 'console'"],
    ['/* a */ console.log(1); // b', "global 'console'"],
  ];

  for (const [line, what] of planted) {
    it(`finds what is planted in a handler: ${line}`, () => {
      const clean = readHandler('validate-cart.ts');
      const found = findMonitoring(`${clean}\n${line}\n`);
      const plantedAt = clean.split('\n').length + 1;
      assert.ok(
        found.some((finding) => finding.what === what && finding.line === plantedAt),
        JSON.stringify(found),
      );
    });
  }

  const harmless = [
    '// console.log and Date.now() in a comment',
    '/* console.log */',
    "const text = 'console.log(performance.now())';",
    'const text = `the price of the log is ${price}`;',
    'const pattern = /console|trace/;',
    "const wait = Date.parse(headers.get('date') ?? '');",
    'const catalogue = { count: items.length };',
    "import { other } from './other.ts';",
    "import { RetryableError, type StepContext } from '../tasker.ts';",
  ];

  for (const line of harmless) {
    it(`lets pass what observes nothing: ${line}`, () => {
      assert.deepEqual(findMonitoring(line), []);
    });
  }

  const unreadable = [
    'con\\u0073ole.log(1);',
    "const text = 'open;",
    'const text = `open',
    'if (a) { b } /x/.test(c);',
    '{',
  ];

  for (const line of unreadable) {
    it(`refuses to judge what it could misread: ${line}`, () => {
      assert.throws(() => findMonitoring(line), UnreadableSourceError);
    });
  }
});
