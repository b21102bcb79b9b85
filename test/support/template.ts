import type { StepTemplate, TaskTemplate } from '../../src/tasks/template.ts';

/** A template as loading would give it, for tests of what comes after loading. */
export function stepTemplate(name: string, change: Partial<StepTemplate> = {}): StepTemplate {
  return {
    name,
    description: name,
    dependentSystem: 'unknown',
    dependsOn: [],
    retryable: true,
    retryLimit: 3,
    skippable: false,
    handlerClass: name,
    handlerConfig: {},
    results: [],
    customEvents: [],
    timeoutMs: null,
    backoff: { kind: 'constant', baseMs: 1000, maxMs: 30_000, multiplier: 2, jitter: 0 },
    slaMs: null,
    stallMs: 30_000,
    ...change,
  };
}

export function taskTemplate(steps: readonly StepTemplate[], change: Partial<TaskTemplate> = {}): TaskTemplate {
  return {
    namespace: 'default',
    name: 'example',
    version: '1.0.0',
    description: '',
    taskHandlerClass: null,
    moduleNamespace: null,
    concurrent: true,
    schema: null,
    configuration: {},
    customEvents: [],
    handlerConfig: {},
    businessContext: [],
    businessMetrics: {},
    monitoring: { slaMs: null, criticalWorkflow: false, alertOnFailure: false },
    steps,
    ...change,
  };
}
