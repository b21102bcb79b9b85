import { z } from 'zod';

import { durationText, timeOfDay } from './time-text.ts';

/**
 * What a scenario file may say. `docs/reference/lab-scenario.md` is made of the words here, and the errors that a file
 * gets name the keys here.
 */

/** As alerting sorts errors. */
export const errorClassNames = ['timeout', 'connection', 'resource', 'application', 'validation', 'permanent'] as const;
export type ErrorClassName = (typeof errorClassNames)[number];

const name = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,64}$/, 'expected 1 to 64 of A-Z a-z 0-9 _ . -')
  .meta({ expected: '1 to 64 of A-Z a-z 0-9 _ . -' });
const share = z.number().min(0).max(1);
const text = z.string().min(1).max(200);
const positive = z.number().positive().max(1e12);
const seconds = z.number().positive().max(31_622_400);
const weights = z.record(z.string().min(1), z.number().min(0).max(1e9));

const latency = z
  .strictObject({
    p50_ms: positive.default(80).describe('Median.'),
    p99_ms: positive.optional().describe('99th percentile. Default four times the median.'),
    max_ms: positive.optional().describe('No healthy call takes longer, slow tails aside. Default twice p99.'),
  })
  .describe('How long a healthy call takes: log-normal, by median and 99th percentile, cut off at a greatest value.');

const errorShape = z
  .union([
    z.enum(errorClassNames),
    z.strictObject({
      class: z.enum(errorClassNames).optional().describe('What alerting should call it. Default: by the status.'),
      type: z.string().min(1).max(80).optional().describe('Name of the error. Default by class.'),
      code: z.string().min(1).max(80).optional().describe('Its code. Default by class.'),
      status: z.number().int().min(100).max(599).optional().describe('Its HTTP status. Default by class.'),
    }),
  ])
  .meta({ expected: `one of ${errorClassNames.join(', ')}, or a mapping` });

const noise = z
  .strictObject({
    slow: z
      .strictObject({
        share: share.default(0.01).describe('Of the calls.'),
        factor: z.number().min(1).max(1000).default(3).describe('So many times longer than they would take.'),
      })
      .optional()
      .describe('Slow tails. At most one call of a task is slow.'),
    retries: z
      .strictObject({
        share: share.default(0.005).describe('Of the first attempts.'),
        error: errorShape.default('connection').describe('What they fail with; not permanent.'),
      })
      .optional()
      .describe('First attempts that fail and are tried again. At most one of a task, so that none fails for good.'),
  })
  .describe('What healthy services do now and then.');

const step = z.strictObject({
  name: name.describe('Name of the step.'),
  depends_on: z
    .union([name, z.array(name)])
    .meta({ expected: 'a step or a list of steps' })
    .optional()
    .describe('Default: the step above it. [] for none.'),
  service: name.optional().describe('The system it calls (dependent_system). Default: the name of the step.'),
  latency: latency.optional().describe('How long a healthy call takes. Default: of the workflow.'),
  noise: noise.optional().describe('Default: of the workflow.'),
  timeout_seconds: seconds.optional().describe('Time limit of an attempt. Default 30.'),
  stall_seconds: seconds.optional().describe('Stall limit of an attempt. Default: half the time limit, at most 30.'),
  retry_limit: z.number().int().min(1).max(100).optional().describe('All attempts, the first included. Default 3.'),
  backoff: z
    .strictObject({
      kind: z.enum(['exponential', 'linear', 'constant']).default('exponential').describe('How waits grow.'),
      base_seconds: seconds.default(2).describe('Before the second attempt.'),
      max_seconds: seconds.default(30).describe('The longest wait.'),
      multiplier: z.number().min(1).max(1000).default(2).describe('Of exponential growth.'),
      jitter: share.default(0.1).describe('The part that chance adds or takes.'),
    })
    .optional()
    .describe('Waits between attempts.'),
});

const traffic = z
  .strictObject({
    per_second: positive.optional().describe('Tasks started a second, on average.'),
    per_minute: positive.optional().describe('The same a minute.'),
    daily: z
      .array(z.number().min(0).max(1000))
      .length(24)
      .optional()
      .describe('24 factors of the rate, at the full hours of the day (UTC); between them it goes over evenly.'),
    quiet: z
      .array(
        z.strictObject({
          from: timeOfDay.describe('Begin.'),
          to: timeOfDay.describe('End; may lie after midnight.'),
          factor: share.default(0).describe('Of the rate; 0: nothing starts.'),
        }),
      )
      .optional()
      .describe('Hours of less traffic, every day (UTC).'),
  })
  .refine(
    ({ per_second: second, per_minute: minute }) => second === undefined || minute === undefined,
    'expected per_second or per_minute, not both',
  )
  .describe('Tasks start at random moments (Poisson), at this rate. Default: one a second.');

const customers = z
  .record(name, weights)
  .describe('Context fields by which customers differ, each with its values and their weights.');

const workflow = z.strictObject({
  name: name.optional().describe('Name of the task. With `template`, the template has it.'),
  namespace: name.optional().describe('Default `lab`.'),
  template: text.optional().describe('A task template of your own instead of steps: a path relative to this file.'),
  steps: z
    .array(step)
    .min(1)
    .optional()
    .describe('Steps. With `template`: latency and noise of steps that the template names.'),
  traffic: traffic.optional(),
  customers: customers.optional().describe('Instead of those of the file.'),
  latency: latency.optional(),
  noise: noise.optional().describe('Instead of that of the file.'),
  order: z
    .strictObject({
      p50: positive.default(4900).describe('Median value, minor units.'),
      p99: positive.optional().describe('99th percentile. Default eight times the median.'),
      currency: z
        .union([z.string().regex(/^[A-Z]{3}$/, 'expected three capital letters'), weights])
        .default('USD')
        .meta({ expected: 'a currency, or currencies with weights' })
        .describe('ISO 4217; several with weights.'),
    })
    .optional()
    .describe('What an order is worth (`order_value`, `currency`): log-normal.'),
  context: z
    .record(z.string(), z.json())
    .optional()
    .describe('Further fields of every task\u2019s context, where a template wants them.'),
  sla_seconds: seconds.optional().describe('SLA of the task. Default: none.'),
  critical_workflow: z.boolean().optional().describe('As in a template. Default false.'),
  alert_on_failure: z.boolean().optional().describe('As in a template. Default false.'),
});

const who = z
  .record(name, z.union([text, z.array(text).min(1)]).meta({ expected: 'a value or a list of values' }))
  .describe('Whom it hits: fields of the customers with values; all fields must fit. Default: everybody.');

const common = {
  name: name.optional().describe('For the report. Default: its kind.'),
  workflow: name.optional().describe('Only this workflow. Default: all that have the service or step.'),
  who: who.optional(),
  from: durationText.describe('When it begins, from the start of the simulation.'),
  to: durationText.optional().describe('When all is well again. Default: five minutes later.'),
};

const ofCalls = {
  ...common,
  service: name.optional().describe('Every step that calls it is hit. One of service and step must be given.'),
  step: name.optional().describe('The step that is hit.'),
  ratio: share.default(1).describe('The share of the calls that is hit.'),
};

const fault = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('hang'),
      ...ofCalls,
      release: z
        .enum(['never', 'at_end'])
        .optional()
        .describe(
          'Whether calls that hang return when the fault ends, or hang on until their time limit. Default never; at_end where the step has no time limit.',
        ),
    })
    .describe('Calls do not return.'),
  z
    .strictObject({
      kind: z.literal('timeout'),
      ...ofCalls,
      after_seconds: seconds
        .optional()
        .describe('Default 10, at most four fifths of the time limit and of the stall limit.'),
    })
    .describe('The client\u2019s own time limit: calls fail with a TimeoutError (ETIMEDOUT) after so long.'),
  z
    .strictObject({
      kind: z.literal('error_burst'),
      ...ofCalls,
      error: errorShape.default('resource').describe('What they fail with.'),
    })
    .describe('Calls fail as fast as they would have succeeded.'),
  z
    .strictObject({
      kind: z.literal('slow_ramp'),
      ...ofCalls,
      factor: z.number().gt(1).max(10_000).default(10).describe('How many times longer calls take at the end.'),
    })
    .describe('Calls take longer and longer: the factor grows evenly from 1.'),
  z.strictObject({ kind: z.literal('silence'), ...common }).describe('No task starts.'),
]);

const targets = z
  .strictObject({
    detect_median_seconds: positive.optional().describe('Median time to detect, at most.'),
    detect_p95_seconds: positive.optional().describe('95th percentile of it, at most.'),
    detect_hung_tasks: z
      .number()
      .int()
      .positive()
      .optional()
      .describe('Every fault is detected within the later of so many tasks hit and `detect_within_seconds`.'),
    detect_within_seconds: positive.optional().describe('See `detect_hung_tasks`.'),
    step_right: share.optional().describe('Share of faults whose first notification names the right step, at least.'),
    cause_right: share.optional().describe('The same of the cause.'),
    scope_right: share.optional().describe('The same of whom it hits.'),
    incidents_per_fault: positive.optional().describe('Incidents opened for a fault, on average, at most.'),
    resolve_seconds: positive.optional().describe('95th percentile of the time from recovery to resolution, at most.'),
    missed: z.number().int().min(0).optional().describe('Faults without a notification, at most.'),
    false_alerts: z.number().int().min(0).optional().describe('Notifications that no fault explains, at most.'),
    speed: positive.optional().describe('Simulated time over real time, at least.'),
  })
  .describe('What `--check` holds the report against.');

const seeds = z
  .union([z.number().int(), z.string().regex(/^\d+(\.\.\d+)?$/), z.array(z.number().int()).min(1)], {
    error: 'expected a number, a list of numbers, or a range as 1..20',
  })
  .meta({ expected: 'a number, a list of numbers, or a range as 1..20' });

export const scenarioSchema = z.strictObject({
  name: name.optional().describe('Default: the name of the file.'),
  description: z.string().max(2000).optional().describe('For whoever reads it.'),
  seeds: seeds.optional().describe('Each is a run of its own; `--seeds` goes before. Default 1.'),
  start: z.iso
    .datetime({ error: 'expected a time as 2026-01-05T08:00:00Z' })
    .default('2026-01-05T08:00:00Z')
    .describe('The moment at which the simulation starts. Matters to daily curves and quiet hours.'),
  duration: durationText.default('15m').describe('How much time is simulated.'),
  customers: customers.optional().describe('Default: customer_tier, region and payment_method with usual values.'),
  noise: noise.optional().describe('Default: slow 1 % by 3, retries 0.5 % with connection errors.'),
  workflows: z.array(workflow).min(1).describe('What runs.'),
  faults: z.array(fault).default([]).describe('What goes wrong, and when: the ground truth. None: all is healthy.'),
  alerts: z
    .strictObject({
      policies: z.array(z.record(z.string(), z.json())).optional().describe('As `alerts.policies` of a configuration.'),
      scope_fields: z.array(name).optional().describe('As `alerts.scopeFields`.'),
    })
    .optional()
    .describe('How alerting is configured. Default: as it is by itself.'),
  targets: targets.optional(),
});

export type ScenarioInput = z.infer<typeof scenarioSchema>;
export type WorkflowInput = ScenarioInput['workflows'][number];
export type FaultInput = ScenarioInput['faults'][number];
export type NoiseInput = NonNullable<ScenarioInput['noise']>;
export type LatencyInput = NonNullable<WorkflowInput['latency']>;
export type ErrorInput = Extract<FaultInput, { kind: 'error_burst' }>['error'];
export type Targets = NonNullable<ScenarioInput['targets']>;
