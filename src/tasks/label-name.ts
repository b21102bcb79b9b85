/** A context field as a label: Prometheus takes no dots. */
export function labelName(field: string): string {
  return field.replaceAll(/[^A-Za-z0-9_]/g, '_');
}

/** Those with two underscores first are Prometheus's own. */
export function isLabelName(name: string): boolean {
  return /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);
}
