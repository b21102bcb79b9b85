import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { checkTemplateFile, loadTemplate } from './load-template.ts';
import { formatProblem } from './template-problem.ts';

function said(text: string, strict = false): string[] {
  return checkTemplateFile({ text, file: 'shop.yaml' }, { strict }).map(formatProblem);
}

/** Refused, with these words and no others, as a person reads them. */
function refuses(text: string, ...lines: readonly string[]): void {
  assert.deepEqual(said(text), lines);
  assert.equal(loadTemplate({ text, file: 'shop.yaml' }).template, null);
}

const bomb = [
  'a: &a [x, x, x, x, x, x, x, x, x, x]',
  'b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]',
  'c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]',
  'd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]',
  'e: [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]',
  '',
].join('\n');

describe('what is wrong with a template is said with file, line, column, what was expected and what came', () => {
  it('of a dependency that is no step', () => {
    refuses(
      'name: t\nstep_templates:\n  - name: pay\n  - name: ship\n    depends_on_steps: [pay, payy]\n',
      "shop.yaml:5:29  error  step_templates[1].depends_on_steps[1]: there is no step 'payy' to depend on; did you mean 'pay'?",
    );
  });

  it('of steps that wait for each other', () => {
    refuses(
      'name: t\nstep_templates:\n  - name: a\n    depends_on_step: b\n  - name: b\n    depends_on_steps: [a]\n',
      'shop.yaml:4:22  error  step_templates[0].depends_on_step: the steps wait for each other: a → b → a',
    );
  });

  it('of a step that depends on itself', () => {
    refuses(
      'name: t\nstep_templates:\n  - name: a\n    depends_on_step: a\n',
      "shop.yaml:4:22  error  step_templates[0].depends_on_step: the step 'a' depends on itself",
    );
  });

  it('of a second step of one name', () => {
    refuses(
      'name: t\nstep_templates:\n  - name: a\n  - name: a\n',
      "shop.yaml:4:11  error  step_templates[1].name: there is already a step 'a'",
    );
  });

  it('of values of the wrong type', () => {
    refuses(
      'name: 7\nnamespace_name: [x]\nconcurrent: maybe\nschema: 3\nstep_templates:\n  - name: a\n    default_retry_limit: 2.5\n    skippable: 1\n    handler_config: { timeout_seconds: "30", monitoring: 5 }\n',
      'shop.yaml:1:7  error  name: expected a string, got the number 7; put it in quotes',
      'shop.yaml:2:17  error  namespace_name: expected a string, got a list',
      "shop.yaml:3:13  error  concurrent: expected true or false, got the string 'maybe'",
      'shop.yaml:4:9  error  schema: expected a mapping, got the number 3',
      'shop.yaml:7:26  error  step_templates[0].default_retry_limit: expected a whole number of at least 1 (all attempts, the first included), got the number 2.5',
      'shop.yaml:8:16  error  step_templates[0].skippable: expected true or false, got the number 1',
      "shop.yaml:9:40  error  step_templates[0].handler_config.timeout_seconds: expected a number of seconds above 0 and up to 315360000, got the string '30'",
      'shop.yaml:9:58  error  step_templates[0].handler_config.monitoring: expected a mapping, got the number 5',
    );
  });

  it('of a retry_backoff that cannot be followed', () => {
    const backoff = (value: string): string =>
      `name: t\nstep_templates:\n  - name: a\n    handler_config: { retry_backoff: ${value} }\n`;
    const path = 'step_templates[0].handler_config.retry_backoff';
    refuses(
      backoff('exponental'),
      `shop.yaml:4:38  error  ${path}: expected one of exponential, linear, constant, fixed, got the string 'exponental'; did you mean 'exponential'?`,
    );
    refuses(
      backoff('5'),
      `shop.yaml:4:38  error  ${path}: expected one of exponential, linear, constant, fixed or a mapping, got the number 5`,
    );
    refuses(
      backoff('{ jitter: 2 }'),
      `shop.yaml:4:48  error  ${path}.jitter: expected a number from 0 to 1, got the number 2`,
    );
    refuses(
      backoff('{ base_seconds: 60, max_seconds: 30 }'),
      `shop.yaml:4:54  error  ${path}: expected base_seconds (60) to be at most max_seconds (30)`,
    );
  });

  it('of what is not there', () => {
    refuses(
      '{}\n',
      'shop.yaml:1:1  error  name: required, but missing',
      'shop.yaml:1:1  error  step_templates: required, but missing',
    );
    refuses('name: t\nstep_templates: []\n', 'shop.yaml:2:17  error  step_templates: expected at least one step');
    refuses(
      'name: t\nstep_templates:\n  - description: x\n',
      'shop.yaml:3:5  error  step_templates[0].name: required, but missing',
    );
    refuses('- name: t\n', 'shop.yaml:1:1  error  expected a mapping, got a list');
    refuses('', 'shop.yaml:1:1  error  the file is empty; expected a mapping with name and step_templates');
  });

  it('of a step that named_steps leaves out', () => {
    refuses(
      'name: t\nnamed_steps: [pay]\nstep_templates:\n  - name: pay\n  - name: ship\n',
      "shop.yaml:5:11  error  step_templates[1].name: the step 'ship' is not in named_steps",
    );
  });

  it('of broken YAML', () => {
    refuses(
      'name: t\nstep_templates:\n\t- name: a\n',
      'shop.yaml:3:1  error  broken YAML: Tabs are not allowed as indentation',
    );
    refuses(
      'name: t\nstep_templates:\n  - name: *nobody\n',
      'shop.yaml:3:11  error  step_templates[0].name: the alias *nobody has no anchor &nobody before it',
    );
  });

  it('of an alias bomb, at the alias that bursts, and soon', () => {
    refuses(bomb, 'shop.yaml:5:5  error  e[0]: with its aliases written out, the file has more than 20000 values');
  });

  it('of what an anchor brings, where the anchor is written', () => {
    refuses(
      'name: t\nconfiguration: &c { default_retry_limit: none }\nstep_templates:\n  - { <<: *c, name: a }\n',
      "shop.yaml:2:42  error  step_templates[0].default_retry_limit: expected a whole number of at least 1 (all attempts, the first included), got the string 'none'",
    );
  });
});

describe('an unknown key', () => {
  const text = 'name: t\nnamespce_name: x\ncolour: red\nstep_templates:\n  - name: a\n    retry_limit: 2\n';
  const words = [
    ['2:1', "namespce_name: unknown key 'namespce_name'; did you mean 'namespace_name'?"],
    ['3:1', "colour: unknown key 'colour'"],
    ['6:5', "step_templates[0].retry_limit: unknown key 'retry_limit'; it is called 'default_retry_limit'"],
  ] as const;

  it('is a warning that leaves the template as it is', () => {
    assert.deepEqual(
      said(text),
      words.map(([place, message]) => `shop.yaml:${place}  warning  ${message}`),
    );
    assert.ok(loadTemplate({ text, file: 'shop.yaml' }).template);
  });

  it('is an error under strict', () => {
    assert.deepEqual(
      said(text, true),
      words.map(([place, message]) => `shop.yaml:${place}  error  ${message}`),
    );
    assert.equal(loadTemplate({ text, file: 'shop.yaml' }, { strict: true }).template, null);
  });

  it('says what is known where that is a handful', () => {
    const backoff = 'name: t\nstep_templates:\n  - name: a\n    handler_config: { retry_backoff: { delay: 2 } }\n';
    assert.match(
      said(backoff).join(),
      /retry_backoff\.delay: unknown key 'delay'; known: kind, base_seconds, max_seconds, multiplier, jitter$/,
    );
  });

  it('hides nothing else that is wrong, also not under strict', () => {
    const wrong = 'name: t\nname: u\ncolour: red\nstep_templates:\n  - { name: a, depends_on_step: b }\n';
    for (const strict of [false, true]) {
      assert.deepEqual(
        said(wrong, strict).map((line) => line.split('  ').at(-1)),
        [
          "name: the key 'name' is already on line 1; the last one counts",
          "colour: unknown key 'colour'",
          "step_templates[0].depends_on_step: there is no step 'b' to depend on",
        ],
      );
    }
  });
});
