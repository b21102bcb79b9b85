import type { ScenarioReport, WorkflowParameters } from '../../lab/run-lab.ts';

/** What the healthy traffic was and what went wrong, so that a report can be judged alone. */
export function formatLabParameters({ workflows, faults }: Pick<ScenarioReport, 'workflows' | 'faults'>): string {
  return [...workflows.flatMap(workflowLines), ...faults.map(faultLine)].map((line) => `  ${line}\n`).join('');
}

function workflowLines({ namespace, name, traffic, slaMs, steps, customers, order }: WorkflowParameters) {
  const { rate, daily, quiet } = traffic;
  const perSecond = rate * 1000;
  const speed = perSecond >= 0.1 ? `${rounded(perSecond)}/s` : `${rounded(perSecond * 60)}/min`;
  const curve = daily === null ? '' : `, daily curve ${Math.min(...daily)} to ${Math.max(...daily)}`;
  const hours = quiet
    .map(({ fromMinute, toMinute, factor }) => `, quiet ${clock(fromMinute)} to ${clock(toMinute)} (${factor})`)
    .join('');
  const mix = Object.entries(customers).map(([field, values]) => `${field} ${weights(values)}`);
  return [
    `${namespace}.${name}: ${speed}${curve}${hours}; SLA ${slaMs === null ? 'none' : `${slaMs / 1000} s`}; order ${order.value.p50}/${order.value.p99} ${weights(order.currencies)}`,
    `  ${mix.join('; ')}`,
    ...steps.map(
      ({ name: step, service, latency, noise, timeoutMs, stallMs }) =>
        `  ${step} (${service}): ${latency.p50}/${latency.p99} ms, at most ${latency.max}; slow ${percent(noise.slow.share)} by ${noise.slow.factor}; retried ${percent(noise.retries.share)} (${noise.retries.error.class}); limit ${timeoutMs === null ? 'none' : `${timeoutMs / 1000} s`}, stall ${stallMs / 1000} s`,
    ),
  ];
}

function faultLine(fault: ScenarioReport['faults'][number]): string {
  const where = fault.hits.map(({ namespace, task, step }) => `${namespace}.${task}${step === null ? '' : `.${step}`}`);
  const who = Object.entries(fault.who).map(([field, values]) => `${field}=${values.join('|')}`);
  const how =
    'ratio' in fault && fault.ratio < 1
      ? `, ${percent(fault.ratio)} of the calls`
      : fault.kind === 'slow_ramp'
        ? `, up to ${fault.factor} times`
        : '';
  return `fault ${fault.name}: ${fault.kind} of ${where.join(', ')}${how}, ${who.length === 0 ? 'everybody' : who.join(', ')}, ${fault.fromMs / 1000} s to ${fault.toMs / 1000} s`;
}

function weights(values: Readonly<Record<string, number>>): string {
  const total = Object.values(values).reduce((sum, weight) => sum + weight, 0);
  return Object.entries(values)
    .map(([value, weight]) => `${value} ${percent(weight / total)}`)
    .join(' ');
}

function percent(share: number): string {
  return `${rounded(100 * share)} %`;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function clock(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}
