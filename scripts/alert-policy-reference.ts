// The reference of alert policies as Markdown, from the kinds that there are: the generator writes it, a test compares it.
import {
  type policyInputSchema,
  type PolicyKind,
  policyKinds,
  type PolicyParameter,
} from '../src/subscribers/alert-generation/policies/policies.ts';

/** A key that comes to the schema and is not explained here fails the types. */
const commonKeys: Readonly<Record<keyof typeof policyInputSchema.shape, string>> = {
  name: 'Of a built-in policy, which has its kind as its name, to change it; or a name of your own: 1 to 64 of `A-Z a-z 0-9 _ . -`. Required.',
  kind: 'One of those below. Required for a name of your own.',
  enabled: '`false` turns it off. Default `true`.',
  where:
    '`namespace`, `task`, `step`: all that are given must fit, `*` at the end fits anything. In a template it is about that template’s tasks. With a `step` it says nothing of a task as a whole.',
  severity: '`critical`, `error`, `warning` or `info`, instead of what follows from business impact.',
  runbook_url: 'Instead of the template’s, and of the one that follows from `alerts.runbookBaseUrl`.',
  tiers:
    'Of `high_value_failure`: values of `customer_tier` that are high. Default `premium`, `enterprise`, `vip`, `platinum`.',
  limits: 'Of `high_value_failure`, `revenue_lost`, `revenue_at_risk`, instead of `orders`: minor units by currency.',
};

const appliesTo: Readonly<Record<PolicyKind['appliesTo'], string>> = {
  'every task': 'every task',
  'critical workflows': 'tasks whose template has `critical_workflow` or `alert_on_failure`',
  alert_on_failure: 'tasks whose template has `alert_on_failure`',
  'the engine': 'the engine itself',
};

export function renderAlertPolicyReference(): string {
  const parts = [
    '# Alert policies',
    '<!-- Made by `npm run docs` from src/. Do not edit. -->',
    'What is watched for, and by what it can be tuned. [Alerting](../alerting.md) explains how each is judged and where policies are written. The order is that in which they speak for an incident: the first one leads, the others have joined it.',
    'A **cause** opens an incident of its own. A **consequence** joins the open incident of its step or task, and opens one only where there is none. A policy that a configuration or a template names applies wherever its `where` fits, also where it would not have by itself.',
    ['## Keys that every policy has', '', '| key | what |', '| --- | --- |', ...commonRows()].join('\n'),
    ...policyKinds.map((kind) => section(kind)),
  ];
  return `${parts.join('\n\n')}\n`;
}

function commonRows(): readonly string[] {
  return Object.entries(commonKeys).map(([key, what]) => `| \`${key}\` | ${what} |`);
}

function section({ kind, meaning, tells, appliesTo: to, parameters }: PolicyKind): string {
  return [
    `## \`${kind}\``,
    '',
    `${meaning} A ${tells}; watches ${appliesTo[to]}. [Runbook](../runbooks/${kind}.md).`,
    '',
    '| parameter | default | from – to | what |',
    '| --- | --- | --- | --- |',
    ...Object.entries(parameters).map(([name, parameter]) => row(name, parameter)),
  ].join('\n');
}

function row(name: string, { meaning, byDefault, min, max }: PolicyParameter): string {
  return `| \`${name}\` | ${byDefault} | ${min} – ${max} | ${meaning} |`;
}
