import { resolve } from 'node:path';

import type { LoadedConfigFile } from '../config/load-config-file.ts';
import { readConfiguredTemplates, readTemplateFile, resolveLoaded, withTemplate } from './configured-templates.ts';
import type { TemplateName } from './request-options.ts';
import type { Session } from './session.ts';
import { UsageError } from './usage-error.ts';

export interface FoundTemplate {
  readonly name: TemplateName;
  /** The configuration, with the template's file added to it if need be. */
  readonly loaded: LoadedConfigFile;
}

/** Finds what `tasker run TEMPLATE` means: a YAML file, `namespace.name[@version]`, or a name alone. */
export async function findTemplate(
  session: Session,
  argument: string,
  given: { readonly namespace?: string; readonly version?: string },
): Promise<FoundTemplate> {
  const loaded = await session.loadConfig();
  if (/\.ya?ml$/i.test(argument)) return fromFile(session, loaded, resolve(session.io.cwd, argument));
  const written = parseName(argument);
  const namespace = agree('namespace', written.namespace, given.namespace);
  const version = agree('version', written.version, given.version);
  const found = namespace ?? (await onlyNamespaceOf(written.name, loaded, session));
  return {
    loaded,
    name: {
      name: written.name,
      ...(found !== undefined && { namespace: found }),
      ...(version !== undefined && { version }),
    },
  };
}

async function fromFile(session: Session, loaded: LoadedConfigFile, file: string): Promise<FoundTemplate> {
  const { registration, error } = await readTemplateFile(file, loaded.config, resolveLoaded(loaded, session.io));
  if (registration === null) throw error ?? new UsageError(`${file} holds no template`);
  const { namespace, name, version } = registration.template;
  return { name: { namespace, name, version }, loaded: withTemplate(loaded, file) };
}

/** `namespace.name@version`: the namespace ends at the last dot before the `@`. */
export function parseName(argument: string): TemplateName {
  const match = /^(?:([^@]+)\.)?([^.@]+)(?:@(.+))?$/.exec(argument);
  if (match?.[2] === undefined) {
    throw new UsageError(`expected a template name or a YAML file, got '${argument}'`, [
      "names look like 'shop.order' or 'shop.order@1.2.0'",
    ]);
  }
  return {
    name: match[2],
    ...(match[1] !== undefined && { namespace: match[1] }),
    ...(match[3] !== undefined && { version: match[3] }),
  };
}

function agree(what: string, written: string | undefined, option: string | undefined): string | undefined {
  if (written === undefined || option === undefined || written === option) return written ?? option;
  throw new UsageError(`the name says ${what} '${written}', --${what} says '${option}'`);
}

/** A name alone is enough where only one namespace has it; the engine's own default is the namespace `default`. */
async function onlyNamespaceOf(name: string, loaded: LoadedConfigFile, session: Session): Promise<string | undefined> {
  const templates = await readConfiguredTemplates(loaded, session.io);
  const namespaces = new Set(
    templates.flatMap(({ registration }) =>
      registration?.template.name === name ? [registration.template.namespace] : [],
    ),
  );
  if (namespaces.size > 1) {
    throw new UsageError(
      `'${name}' is in more than one namespace`,
      [...namespaces].map((namespace) => `${namespace}.${name}`),
    );
  }
  return [...namespaces][0];
}
