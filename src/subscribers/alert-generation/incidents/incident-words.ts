import type { AlertIncident, AlertScope, MoneyByCurrency } from '../../../signals/alert.ts';
import { moneyInWords } from '../../../signals/money.ts';
import type { Place } from '../conditions/finding.ts';
import type { PolicyKindName } from '../policies/policies.ts';

export interface Told {
  readonly kind: PolicyKindName;
  readonly place: Place;
  readonly system: string | null;
  readonly cause: string;
  readonly detail: string;
  readonly sinceMs: number;
  readonly tasksHit: number;
  readonly scope: readonly AlertScope[];
  readonly hitBy: AlertIncident['hitBy'];
  readonly lost: MoneyByCurrency;
  readonly atRisk: MoneyByCurrency;
}

/** One sentence: what is wrong, where, since when, whom it hits, how much money. */
export function summaryOf(told: Told): string {
  const { sinceMs, tasksHit, atRisk, lost } = told;
  const parts = [`${headline(told)}${inTask(told)} since ${timeOfDay(sinceMs)} UTC`];
  if (tasksHit > 0) parts.push(`${tasksHit} ${tasksHit === 1 ? 'task' : 'tasks'} hit${whom(told)}`);
  const [risk, loss] = [moneyInWords(atRisk), moneyInWords(lost)];
  if (risk !== '') parts.push(`${risk} at risk`);
  if (loss !== '') parts.push(`${loss} lost`);
  return `${parts.join('; ')}.`;
}

/** What is wrong, in the words of whoever has to mend it. */
function headline({ kind, place, cause, detail, system }: Told): string {
  const step =
    place.step === null ? 'a step' : `${place.step}${system === null || system === place.step ? '' : ` (${system})`}`;
  const about = place.about ?? 'one';
  const more = detail === '' ? '' : `: ${detail}`;
  switch (kind) {
    case 'step_stalled':
      return `${step} hangs${more}`;
    case 'error_ratio':
      return `${step} fails (${cause})`;
    case 'step_slow':
      return `${step} is slow${more}`;
    case 'sla_breached':
      return place.step === null ? 'An SLA was breached' : `${step} keeps an SLA from being met`;
    case 'retries_exhausted':
      return `${step} has used its last attempt`;
    case 'task_failed':
      return place.step === null ? 'Tasks failed for good' : `${step} failed for good`;
    case 'high_value_failure':
      return `${step} failed for a customer of high value`;
    case 'revenue_lost':
      return 'Revenue is lost';
    case 'revenue_at_risk':
      return 'Revenue is at risk';
    case 'conversion_drop':
      return `Conversion is down${more}`;
    case 'no_success':
      return 'Tasks start and none completes';
    case 'no_traffic':
      return `Nothing is started${more}`;
    case 'worker_lost':
      return `Worker ${about} was lost${more}`;
    case 'worker_unresponsive':
      return `Worker ${about} did not answer${more}`;
    case 'subscriber_lagging':
      return `Subscriber ${about} lags${more}`;
    case 'sink_failing':
      return `Sink ${about} cannot take what it is given${more}`;
  }
}

function inTask({ place: { namespace, task } }: Told): string {
  return task === null ? '' : ` in ${namespace}.${task}`;
}

function whom({ scope, hitBy }: Told): string {
  if (scope.length > 0) {
    const only = scope.map(({ field, values }) => `${field} ${values.join(', ')}`);
    return `, only ${only.join(' and ')}`;
  }
  const tiers = Object.keys(hitBy['customer_tier'] ?? {});
  return tiers.length === 0 ? '' : `, of every kind (customer_tier ${tiers.join(', ')})`;
}

/** What to do first. */
export function actionOf({ kind, place, system, scope, cause }: Told): string {
  const where = system ?? place.step ?? 'the step';
  const only =
    scope.length === 0
      ? ''
      : ` Only ${scope.map(({ field, values }) => `${field} ${values.join(', ')}`).join(' and ')}: look at what is particular to them.`;
  switch (kind) {
    case 'step_stalled':
      return `Calls of ${where} do not come back: look at whether it answers at all, and at its connections and locks. Tasks go on by themselves when it does.${only}`;
    case 'error_ratio':
      return cause === 'application'
        ? `The handler of ${place.step ?? 'the step'} or ${where} fails: look at what was deployed last, and roll it back.${only}`
        : `Look at ${where} (${cause}). Failed attempts are tried again; retry tasks that failed for good when it is well.${only}`;
    case 'step_slow':
      return `Look at the load and the latency of ${where}.${only}`;
    case 'sla_breached':
      return 'Look at what the open step waits for: `tasker show` of the example task.';
    case 'retries_exhausted':
    case 'task_failed':
    case 'high_value_failure':
      return 'Look at the error of the example task, mend its cause, then `tasker retry` it, or resolve it by hand.';
    case 'revenue_lost':
      return 'Look at which step the failed tasks end at: `tasker tasks --status error`. Retry them when its cause is mended.';
    case 'revenue_at_risk':
      return 'Look at which step the open tasks are held up at: `tasker tasks --status in_progress`.';
    case 'conversion_drop':
    case 'no_success':
      return 'Look at which step tasks stop at, and at what was deployed last.';
    case 'no_traffic':
      return 'Look at whoever starts these tasks: its deployment, its queue, its way to the engine.';
    case 'worker_lost':
      return 'Look at why the process ended (memory, a kill, a crash). Its tasks are taken up again by themselves.';
    case 'worker_unresponsive':
      return 'Look at the handler named: it computes on the event loop. Give it a thread of its own.';
    case 'subscriber_lagging':
      return 'Look at the subscriber\u2019s errors and speed: `tasker subscribers`.';
    case 'sink_failing':
      return 'Look at whether the destination is up and its credentials are right. What waits is in the log.';
  }
}

function timeOfDay(atMs: number): string {
  return new Date(atMs).toISOString().slice(11, 19);
}
