import { InvalidArgumentError, Option } from 'commander';

import { TaskerError } from '../shared/errors.ts';
import type { AlertView } from '../tasker.ts';
import { collect } from './option-values.ts';
import { UsageError } from './usage-error.ts';

const severities = ['critical', 'error', 'warning', 'info'] as const;

export interface IncidentOptions {
  readonly severity?: (typeof severities)[number];
  readonly namespace?: string;
  readonly task?: string;
  readonly step?: string;
  readonly policy?: string;
  readonly cause?: string;
  readonly label?: readonly string[];
}

export const incidentOptions = (): readonly Option[] => [
  new Option('--severity <severity>', severities.join(', ')).argParser((text) => {
    if (severities.some((one) => one === text)) return text;
    throw new InvalidArgumentError(`Expected one of ${severities.join(', ')}.`);
  }),
  new Option('--namespace <name>', 'of the task'),
  new Option('--task <name>', 'its name'),
  new Option('-s, --step <name>', 'of the task'),
  new Option('--policy <name>', 'that speaks'),
  new Option('--cause <cause>', 'hang, timeout, connection, …'),
  new Option('-l, --label <name=value>', 'of the template; may be given again').argParser(collect),
];

/** Only what was given. */
export function matchOf({ severity, namespace, task, step, policy, cause, label }: IncidentOptions) {
  return {
    ...(severity !== undefined && { severity }),
    ...(namespace !== undefined && { namespace }),
    ...(task !== undefined && { task }),
    ...(step !== undefined && { step }),
    ...(policy !== undefined && { policy }),
    ...(cause !== undefined && { cause }),
    ...(label !== undefined && { labels: labelsOf(label) }),
  };
}

function labelsOf(given: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    given.map((text) => {
      const [, name, value] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
      if (name === undefined || value === undefined)
        throw new UsageError(`--label: expected name=value, got '${text}'`, ['for example --label team=payments']);
      return [name, value];
    }),
  );
}

/** By its key or by the beginning of it, where that is one's alone. */
export function findAlert(alerts: readonly AlertView[], key: string): AlertView {
  const exact = alerts.find(({ incident }) => incident.key === key);
  const fitting = exact === undefined ? alerts.filter(({ incident }) => incident.key.startsWith(key)) : [exact];
  const [found] = fitting;
  if (found === undefined || key === '')
    throw new TaskerError('TASKER_ALERT_NOT_FOUND', `There is no alert '${key}'; 'tasker alerts' lists them.`);
  if (fitting.length > 1)
    throw new UsageError(`'${key}' is the beginning of ${fitting.length} keys`, [
      fitting
        .slice(0, 5)
        .map(({ incident }) => incident.key)
        .join(', '),
    ]);
  return found;
}
