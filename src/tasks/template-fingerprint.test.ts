import assert from 'node:assert/strict';
import { it } from 'node:test';

import { loadTemplate } from './load-template.ts';
import { templateFingerprint } from './template-fingerprint.ts';

function fingerprint(text: string): string {
  const { template } = loadTemplate({ text, file: 't.yaml' });
  assert.ok(template);
  return templateFingerprint(template);
}

it('the fingerprint of a template depends on what it means, not on how it is written', () => {
  const first = fingerprint('name: t\nversion: 1.0.0\nstep_templates: [{name: a, skippable: yes}]\n');
  assert.match(first, /^[0-9a-f]{64}$/);
  assert.equal(
    fingerprint('# a comment\nversion: "1.0.0"\nstep_templates:\n  - skippable: true\n    name: a\nname: t\n'),
    first,
  );
  assert.notEqual(fingerprint('name: t\nversion: 1.0.0\nstep_templates: [{name: a, skippable: no}]\n'), first);
});
