import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { importsOf } from './imports.ts';
import { planProject } from './project.ts';

/** Each import as `kind target`, of a file in src/tasks. */
function read(text: string): readonly string[] {
  const path = 'src/tasks/file.ts';
  const file = planProject({ [path]: text }).get(path);
  assert.ok(file !== undefined);
  return importsOf(file).map(({ kind, target }) => `${kind} ${target ?? '?'}`);
}

describe('the import scanner', () => {
  test('reads every form in which a module is named', () => {
    assert.deepEqual(
      read(`
        import './a.ts';
        import b from './b.ts';
        import * as c from '../events/c.ts';
        import d, { e as f } from "zod";
        import {
          g,
          h,
        } from './g.ts';
        export { i } from './i.ts';
        export * from './j.ts';
        const k = await import('./k.ts');
        const l = await import('./l.json', { with: { type: 'json' } });
        const m = await import(\`./\${name}.ts\`);
      `),
      [
        'value src/tasks/a.ts',
        'value src/tasks/b.ts',
        'value src/events/c.ts',
        'value zod',
        'value src/tasks/g.ts',
        'value src/tasks/i.ts',
        'value src/tasks/j.ts',
        'value src/tasks/k.ts',
        'value src/tasks/l.json',
        'value ?',
      ],
    );
  });

  test('counts as a type what is erased with its module, and a type among names as what it leaves: a value', () => {
    assert.deepEqual(
      read(`
        import type { A } from './a.ts';
        import type B from './b.ts';
        import type * as c from './c.ts';
        export type { D } from './d.ts';
        export type * from './e.ts';
        type F = typeof import('./f.ts');
        import { type G } from './g.ts';
        import type from './h.ts';
        export { type I } from './i.ts';
      `),
      [
        'type src/tasks/a.ts',
        'type src/tasks/b.ts',
        'type src/tasks/c.ts',
        'type src/tasks/d.ts',
        'type src/tasks/e.ts',
        'type src/tasks/f.ts',
        'value src/tasks/g.ts',
        'value src/tasks/h.ts',
        'value src/tasks/i.ts',
      ],
    );
  });

  test('is not taken in by comments, strings, templates and regular expressions', () => {
    assert.deepEqual(
      read(`
        // import './a.ts';
        /* import './b.ts'; "
           export * from './c.ts'; */
        const d = "import './d.ts'; // ";
        const e = 'it\\'s import("./e.ts")';
        const f = \`import './f.ts'; \${nested(\`export * from './g.ts'; \${1}\`)} import './h.ts'\`;
        const i = /import '.\\/i.ts' ["'\`/]/;
        const j = 6 / 2; const k = "/";
        export const l = import.meta.url;
        export function m(from: string) { return { import: from, export: from }; }
        loader.import('./n.ts');
      `),
      [],
    );
  });

  test('finds the import that is inside the expression of a template', () => {
    assert.deepEqual(read("const a = `text ${await import('./b.ts')} text`;"), ['value src/tasks/b.ts']);
  });

  test('refuses a file that it could misread', () => {
    for (const text of ["import './a.ts", 'const a = `b', '}', 'const a = /b']) {
      assert.throws(() => read(text), /src\/tasks\/file\.ts cannot be scanned/);
    }
  });
});
