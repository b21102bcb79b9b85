import type { AlertMatch, AlertView } from '../../tasker.ts';
import type { Style } from './paint.ts';

export function severityStyle(severity: AlertView['incident']['severity']): Style {
  if (severity === 'critical' || severity === 'error') return 'red';
  return severity === 'warning' ? 'yellow' : 'dim';
}

export function alertState({ state, silenced, resolvedAtMs }: AlertView): string {
  return silenced && resolvedAtMs === null ? `${state}, silenced` : state;
}

export function matchInWords({ labels = {}, ...match }: AlertMatch): string {
  const parts = [
    ...Object.entries(match).flatMap(([name, value]) =>
      value === undefined ? [] : `${name} ${[value].flat().join('|')}`,
    ),
    ...Object.entries(labels).map(([name, value]) => `${name}=${value}`),
  ];
  return parts.length === 0 ? 'whatever comes' : parts.join(', ');
}
