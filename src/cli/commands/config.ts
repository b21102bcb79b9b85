import { relative } from 'node:path';

import type { ResolvedConfig } from '../../config/resolve-config.ts';
import { describeStorage, withoutSecrets } from '../../config/storage.ts';
import { type ConfiguredTemplate, readConfiguredTemplates, resolveLoaded } from '../configured-templates.ts';
import { defineCommand } from '../define-command.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { formatRows, type CellInput } from '../format/table.ts';
import { taskName } from '../format/task-summary.ts';
import type { Session } from '../session.ts';

export const configCommand = defineCommand<object>({
  name: 'config',
  summary: 'print the configuration that is in force',
  whenToUse:
    'Use it to see which file counts, what the defaults are, where the store is, and which templates and handlers were found. It does not open the store. The exit code is 1 when a template or a handler is missing or wrong.',
  examples: [
    ['tasker config', 'from here'],
    ['TASKER_ENV=production tasker config --json | jq .config.storage', 'for another environment'],
  ],
  options: [],
  run: printConfig,
});

async function printConfig(session: Session): Promise<ExitCode> {
  const loaded = await session.loadConfig();
  const config = resolveLoaded(loaded, session.io);
  const templates = await readConfiguredTemplates(loaded, session.io);
  if (session.json)
    session.printJson({
      source: loaded.source,
      baseDir: loaded.baseDir,
      config: { ...config, storage: withoutSecrets(config.storage) },
      templates: templates.map(toJson),
    });
  else
    session.print(formatSettings(session, loaded.source, config) + formatTemplates(session, loaded.baseDir, templates));
  return templates.every(({ error }) => error === null) ? exitCodes.ok.code : exitCodes.failed.code;
}

function toJson({ source, registration, error }: ConfiguredTemplate) {
  if (registration === null) return { source, error: error && { code: error.code, message: error.message } };
  const { template, handlers } = registration;
  const steps = template.steps.map(({ name, handlerClass }) => ({ name, handlerClass, found: handlers.has(name) }));
  return { source, namespace: template.namespace, name: template.name, version: template.version, steps };
}

function formatSettings(session: Session, source: string, config: ResolvedConfig): string {
  const { storage } = config;
  const most = storage.kind === 'sqlite' && storage.maxBytes !== null ? `, at most ${storage.maxBytes} bytes` : '';
  const settings: readonly (readonly [string, string])[] = [
    ['configuration', source],
    ['environment', config.environment],
    ['storage', storage.kind === 'sqlite' ? `sqlite ${storage.file}${most}` : describeStorage(storage)],
    ['strict', String(config.strict)],
    ...alertSettings(config),
    ...Object.entries(config.limits).map(
      ([key, value]) => [`limits.${key}`, typeof value === 'object' ? JSON.stringify(value) : String(value)] as const,
    ),
  ];
  return formatRows(
    settings.map(([key, value]): CellInput[] => [{ text: key, style: 'dim' }, value]),
    session.paint,
  );
}

function alertSettings({ alerts }: ResolvedConfig): readonly (readonly [string, string])[] {
  const { enabled, policies, routes, maintenance, scopeFields } = alerts;
  return [
    ['alerts', enabled === null ? 'if anything asks for them' : enabled ? 'on' : 'off'],
    ['alerts.policies', policies.map(({ name }) => name).join(', ') || 'as built in'],
    [
      'alerts.routes',
      routes.map(({ sinks }) => sinks.join(' + ') || 'nobody').join(', ') || 'every sink that takes alerts',
    ],
    ['alerts.maintenance', `${maintenance.length} windows`],
    ['alerts.scopeFields', scopeFields.join(', ')],
  ];
}

function formatTemplates(session: Session, baseDir: string, templates: readonly ConfiguredTemplate[]): string {
  const { paint } = session;
  if (templates.length === 0) return `\n${paint('dim', 'no templates')}\n`;
  return templates
    .map(({ source, registration, error }) => {
      const where = source.startsWith('/') ? relative(baseDir, source) : source;
      if (registration === null) return `\n${paint('red', 'wrong')}  ${where}\n  ${error?.message ?? ''}\n`;
      const { template, handlers } = registration;
      const steps = template.steps.map((step): CellInput[] => [
        `  ${step.name}`,
        step.handlerClass,
        handlers.has(step.name) ? { text: 'found', style: 'green' } : { text: 'missing', style: 'red' },
      ]);
      return `\n${paint('bold', taskName(template))}  ${where}\n${formatRows(steps, paint)}`;
    })
    .join('');
}
