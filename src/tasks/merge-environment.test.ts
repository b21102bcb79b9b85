import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { checkTemplateFile, loadTemplate } from './load-template.ts';
import { templateFingerprint } from './template-fingerprint.ts';
import { formatProblem } from './template-problem.ts';

const base = `name: t
configuration: { region: eu, limits: { low: 1, high: 9 }, tags: [a, b] }
step_templates:
  - { name: a, handler_config: { url: base, params: { x: 1, y: 2 } } }
  - { name: b, depends_on_step: a }
environments:
`;

function load(environments: string, environment: string) {
  const { template, problems } = loadTemplate({ text: base + environments, file: 't.yaml' }, { environment });
  assert.deepEqual(problems, []);
  return template ?? assert.fail();
}

function said(environments: string): string[] {
  return checkTemplateFile({ text: base + environments, file: 't.yaml' }).map(formatProblem);
}

describe('an environment', () => {
  it('merges mappings however deep, and replaces everything else', () => {
    const { configuration } = load(
      '  test: { configuration: { limits: { high: 5 }, tags: [c], region: ~ } }\n',
      'test',
    );
    assert.deepEqual(configuration, { region: null, limits: { low: 1, high: 5 }, tags: ['c'] });
  });

  it('changes steps by their names and keeps their order', () => {
    const { steps } = load(
      '  test:\n    step_templates:\n      - { name: b, depends_on_step: ~ }\n      - { name: a, handler_config: { params: { y: 3 } } }\n',
      'test',
    );
    assert.deepEqual(
      steps.map((step) => [step.name, step.dependsOn]),
      [
        ['a', []],
        ['b', []],
      ],
    );
    assert.deepEqual(steps[0]?.handlerConfig, { url: 'base', params: { x: 1, y: 3 } });
  });

  it('that has no overrides, or empty ones, is the template as it is', () => {
    const plain = load('  test:\n', 'elsewhere');
    assert.deepEqual(load('  test:\n', 'test'), plain);
    assert.deepEqual(load('  test: {}\n', 'test'), plain);
  });

  it('gives another fingerprint only where it changes something', () => {
    const overrides = '  same: { configuration: { region: eu } }\n  other: { configuration: { region: us } }\n';
    const [none, same, other] = ['none', 'same', 'other'].map((name) => templateFingerprint(load(overrides, name)));
    assert.equal(same, none);
    assert.notEqual(other, none);
  });

  it('warns of an override for a step that is not there, which Ruby drops without a word', () => {
    assert.deepEqual(said('  test:\n    step_templates:\n      - { name: bb, skippable: true }\n'), [
      "t.yaml:9:9  warning  environments.test.step_templates[0]: there is no step 'bb' to override; did you mean 'b'? (environment test)",
    ]);
  });

  it('is checked as merged, and named in what is wrong with it', () => {
    assert.deepEqual(
      said(
        '  one:\n    step_templates:\n      - { name: a, depends_on_step: b }\n  two:\n    step_templates:\n      - { name: a, skipable: true }\n    concurrent: 3\n',
      ),
      [
        't.yaml:9:37  error  step_templates[0].depends_on_step: the steps wait for each other: a → b → a (environment one)',
        "t.yaml:12:20  warning  step_templates[0].skipable: unknown key 'skipable'; did you mean 'skippable'? (environment two)",
        't.yaml:13:17  error  concurrent: expected true or false, got the number 3 (environment two)',
      ],
    );
  });

  it('repeats nothing that is wrong without it', () => {
    const text = 'name: t\ncolour: 1\nstep_templates: [{ name: a }]\nenvironments: { one: {}, two: {} }\n';
    assert.deepEqual(checkTemplateFile({ text, file: 't.yaml' }).map(formatProblem), [
      "t.yaml:2:1  warning  colour: unknown key 'colour'",
    ]);
  });

  it('is a mapping, and so are its steps a list of mappings', () => {
    assert.deepEqual(said('  test: 3\n'), [
      't.yaml:7:9  error  environments.test: expected a mapping, got the number 3',
    ]);
    assert.deepEqual(said('  test: { step_templates: 3 }\n'), [
      't.yaml:7:27  error  environments.test.step_templates: expected a list of steps, each with the name of one above (environment test)',
    ]);
    assert.deepEqual(said('  test: { step_templates: [{ skippable: true }] }\n'), [
      't.yaml:7:28  error  environments.test.step_templates[0]: expected a mapping with the name of a step (environment test)',
    ]);
  });
});
