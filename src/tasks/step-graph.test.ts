import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { buildStepGraph, type GraphStep } from './step-graph.ts';

function step(name: string, ...dependsOn: string[]): GraphStep {
  return { name, dependsOn };
}

describe('buildStepGraph', () => {
  it('knows both directions, and all that comes before a step', () => {
    const graph = buildStepGraph([step('a'), step('b', 'a'), step('c', 'a'), step('d', 'c', 'b')]);
    assert.deepEqual(graph.problems, []);
    assert.deepEqual(graph.dependencies.get('d'), ['b', 'c']);
    assert.deepEqual(graph.dependants.get('a'), ['b', 'c']);
    assert.deepEqual(graph.ancestors('d'), ['a', 'b', 'c']);
    assert.deepEqual(graph.ancestors('a'), []);
  });

  it('orders steps after what they depend on, otherwise as written', () => {
    assert.deepEqual(buildStepGraph([step('z', 'm'), step('b'), step('m'), step('a')]).order, ['b', 'm', 'z', 'a']);
  });

  it('names the nearest step for an unknown one', () => {
    const { problems } = buildStepGraph([step('validate_cart'), step('pay', 'validate_card')]);
    assert.deepEqual(problems, [
      {
        kind: 'unknown_dependency',
        step: 1,
        dependency: 'validate_card',
        message: "there is no step 'validate_card' to depend on; did you mean 'validate_cart'?",
      },
    ]);
  });

  it('never suggests that a step depend on itself', () => {
    const { problems } = buildStepGraph([step('charge_card', 'charge_cart'), step('ship')]);
    assert.equal(problems[0]?.message, "there is no step 'charge_cart' to depend on");
  });

  it('reports a duplicate step and a step that waits for itself', () => {
    const { problems } = buildStepGraph([step('a', 'a'), step('b'), step('b')]);
    assert.deepEqual(
      problems.map(({ kind, step: index }) => [kind, index]),
      [
        ['duplicate_step', 2],
        ['self_dependency', 0],
      ],
    );
  });

  it('writes a cycle out, from its earliest step', () => {
    const { problems, order } = buildStepGraph([
      step('start'),
      step('a', 'c', 'start'),
      step('b', 'a'),
      step('c', 'b'),
    ]);
    assert.equal(problems.length, 1);
    assert.equal(problems[0]?.message, 'the steps wait for each other: a → c → b → a');
    assert.deepEqual([problems[0]?.step, problems[0]?.dependency], [1, 'c']);
    assert.deepEqual(order, ['start']);
  });

  it('reports each of two separate cycles once, also beside a step that waits for itself', () => {
    const { problems } = buildStepGraph([
      step('a', 'a', 'b'),
      step('b', 'a'),
      step('c', 'd'),
      step('d', 'c'),
      step('e', 'd'),
    ]);
    assert.deepEqual(
      problems.filter(({ kind }) => kind === 'cycle').map(({ message }) => message.split(': ')[1]),
      ['a → b → a', 'c → d → c'],
    );
  });

  it('takes chains of any length', () => {
    const chain = Array.from({ length: 2000 }, (_unused, index) =>
      step(`s${index}`, ...(index === 0 ? [] : [`s${index - 1}`])),
    );
    const graph = buildStepGraph([...chain, step('loop', 's1999')]);
    assert.equal(graph.ancestors('loop').length, 2000);
  });

  it('orders any graph without cycles completely, and finds a problem in any with one', () => {
    const graphs = fc.integer({ min: 1, max: 12 }).chain((size) =>
      fc.array(
        fc.subarray(
          Array.from({ length: size }, (_unused, index) => `s${index}`),
          { maxLength: Math.min(3, size) },
        ),
        {
          minLength: size,
          maxLength: size,
        },
      ),
    );
    fc.assert(
      fc.property(graphs, (edges) => {
        const steps = edges.map((dependsOn, index) => step(`s${index}`, ...dependsOn));
        const graph = buildStepGraph(steps);
        assert.equal(graph.order.length === steps.length, graph.problems.length === 0);
        for (const [at, name] of graph.order.entries()) {
          for (const on of graph.dependencies.get(name) ?? []) assert.ok(graph.order.indexOf(on) < at);
        }
        for (const { name } of steps) {
          const before = graph.ancestors(name);
          assert.equal(
            graph.dependencies.get(name)?.every((on) => before.includes(on)),
            true,
          );
          if (graph.problems.length === 0) assert.equal(before.includes(name), false);
        }
      }),
    );
  });
});
