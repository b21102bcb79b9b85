import { scenarioJsonSchema, type SchemaNode } from '../src/lab/scenario/schema-walk.ts';

/** docs/reference/lab-scenario.md, from the schema that files are checked against. */
export function renderLabScenarioReference(): string {
  // What all kinds of faults have is listed with the first of them.
  const rows = new Map(rowsOf(scenarioJsonSchema, '').map((row) => [row.join(), row]));
  return `# Scenario files of the lab

Generated from the schema (\`npm run docs\`). \`docs/lab.md\` explains them. \`[]\` stands for each of a list, \`*\` for a name of your own.

| key | what | value | default |
|---|---|---|---|
${[...rows.values()].map((row) => `| ${row.join(' | ')} |`).join('\n')}
`;
}

type Row = readonly [key: string, what: string, value: string, byDefault: string];

function rowsOf(node: SchemaNode, path: string): readonly Row[] {
  const { properties = {}, required = [], additionalProperties: any } = node;
  const named = Object.entries(properties).flatMap(([key, value]) =>
    rowsOfKey(value, path === '' ? key : `${path}.${key}`, required.includes(key) && value.default === undefined),
  );
  return typeof any === 'object' && any.properties !== undefined ? [...named, ...rowsOf(any, `${path}.*`)] : named;
}

function rowsOfKey(node: SchemaNode, path: string, isRequired: boolean): readonly Row[] {
  const row: Row = [
    `\`${path}\`${isRequired ? ' (required)' : ''}`,
    (node.description ?? '').replaceAll('|', '\\|'),
    valueOf(node),
    node.default === undefined || typeof node.default === 'object' ? '' : `\`${JSON.stringify(node.default)}\``,
  ];
  return [row, ...inside(node, path)];
}

function inside(node: SchemaNode, path: string): readonly Row[] {
  const variants = node.items?.oneOf;
  if (variants !== undefined) return variants.flatMap((variant) => variantRows(variant, path));
  if (node.items?.properties !== undefined) return rowsOf(node.items, `${path}[]`);
  const mapping = node.anyOf?.find(({ properties }) => properties !== undefined) ?? node;
  return rowsOf(mapping, path);
}

/** A kind with what it alone has; what all have is with the first. */
function variantRows(variant: SchemaNode, path: string): readonly Row[] {
  const kind = String(variant.properties?.['kind']?.const);
  const rows = rowsOf(variant, `${path}[]`).filter(([key]) => !/\.kind`/.test(key));
  return [[`\`${path}[].kind: ${kind}\``, variant.description ?? '', '', ''], ...rows];
}

function valueOf(node: SchemaNode): string {
  if (node.expected !== undefined) return node.expected;
  if (node.enum !== undefined) return `one of ${node.enum.map((one) => `\`${String(one)}\``).join(', ')}`;
  if (node.type === 'array') return 'a list';
  if (node.type === 'object') return 'a mapping';
  if (node.type === 'boolean') return 'true or false';
  if (node.type === 'number' || node.type === 'integer') return `${numberOf(node)}${rangeOf(node)}`;
  return 'a text';
}

function numberOf({ type }: SchemaNode): string {
  return type === 'integer' ? 'a whole number' : 'a number';
}

function rangeOf({ minimum, exclusiveMinimum, maximum }: SchemaNode): string {
  const least = exclusiveMinimum === undefined ? minimum : exclusiveMinimum;
  const shown = maximum !== undefined && maximum <= 10_000;
  if (least === undefined || least < 0) return '';
  const from = exclusiveMinimum === undefined ? `from ${least}` : `above ${least}`;
  return ` ${from}${shown ? ` to ${maximum}` : ''}`;
}
