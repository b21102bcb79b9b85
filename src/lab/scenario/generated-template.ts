import type { JsonObject } from '../../index.ts';
import type { WorkflowInput } from './scenario-schema.ts';
import type { Customers } from './scenario.ts';

/** The keys of a template file, for a workflow that the scenario describes itself. */
export function generatedTemplate(
  workflow: WorkflowInput & { readonly name: string; readonly steps: NonNullable<WorkflowInput['steps']> },
  customers: Customers,
): JsonObject {
  const { name, namespace = 'lab', steps, sla_seconds: sla } = workflow;
  return {
    name,
    namespace_name: namespace,
    version: '1.0.0',
    handler_config: {
      business_context: ['order_value', 'currency', ...Object.keys(customers)],
      business_metrics: { track_revenue: true, track_conversion: true, customer_tier_tracking: true },
      monitoring: {
        critical_workflow: workflow.critical_workflow ?? false,
        alert_on_failure: workflow.alert_on_failure ?? false,
        ...(sla !== undefined && { sla_seconds: sla }),
      },
    },
    step_templates: steps.map((step, index) => {
      const above = steps[index - 1]?.name;
      const dependsOn = step.depends_on === undefined ? (above === undefined ? [] : [above]) : [step.depends_on].flat();
      return {
        name: step.name,
        dependent_system: step.service ?? step.name,
        depends_on_steps: dependsOn,
        default_retry_limit: step.retry_limit ?? 3,
        handler_config: {
          timeout_seconds: step.timeout_seconds ?? 30,
          ...(step.backoff !== undefined && { retry_backoff: { ...step.backoff } }),
          ...(step.stall_seconds !== undefined && { monitoring: { stall_seconds: step.stall_seconds } }),
        },
      };
    }),
  };
}
