import type { AlertIncident } from '../../src/signals/alert.ts';

/** For tests: an incident of which only that matters. */
export function incidentOf(key: string, summary = key, changed: Partial<AlertIncident> = {}): AlertIncident {
  return {
    key,
    severity: 'error',
    environment: 'test',
    policy: 'error_ratio',
    joined: [],
    summary,
    namespace: 'shop',
    task: 'checkout',
    step: 'pay',
    system: 'bank',
    cause: 'connection',
    firstError: null,
    sinceMs: 0,
    tasksHit: 3,
    hitBy: {},
    scope: [],
    lost: {},
    atRisk: {},
    trend: 'steady',
    action: 'look',
    runbookUrl: null,
    consoleUrl: null,
    labels: {},
    exampleTask: null,
    exampleTrace: null,
    ...changed,
  };
}
