import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseAllDocuments, parseDocument } from 'yaml';

export const root = join(import.meta.dirname, '../..');
export const deployDir = join(root, 'deploy');

export const readDeployed = (path: string): string => readFileSync(join(deployDir, path), 'utf8');

/** Merge keys (`<<`) as compose has them. */
export function readYaml(path: string): unknown {
  const document = parseDocument(readDeployed(path), { merge: true });
  if (document.errors.length > 0) throw new Error(`${path}: ${document.errors.map(String).join('; ')}`);
  return document.toJS();
}

export interface ComposeService {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly stop_grace_period?: string;
  readonly stdin_open?: boolean;
  readonly deploy?: { readonly replicas?: number };
}

export interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

export const compose = (): Compose => readYaml('compose.yaml') as Compose;

export interface Manifest {
  readonly file: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  /** As it stands in the file. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** Every object of `kubernetes/`, the template of the secret too. */
export function manifests(): readonly Manifest[] {
  return readdirSync(join(deployDir, 'kubernetes')).flatMap((file) =>
    parseAllDocuments(readDeployed(`kubernetes/${file}`)).map((document) => {
      const body = document.toJS() as Omit<Manifest, 'file' | 'body'>;
      return { ...body, file, body };
    }),
  );
}

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string | number };
}

export interface Deployment {
  readonly replicas?: number;
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly template: {
    readonly metadata: {
      readonly labels: Readonly<Record<string, string>>;
      readonly annotations: Readonly<Record<string, string>>;
    };
    readonly spec: {
      readonly terminationGracePeriodSeconds: number;
      readonly containers: readonly {
        readonly args: readonly string[];
        readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
        readonly readinessProbe: Probe;
        readonly livenessProbe: Probe;
        readonly startupProbe: Probe;
        readonly lifecycle?: unknown;
        readonly envFrom: readonly object[];
      }[];
    };
  };
}

/** The specifications of the Deployments, by name. */
export function deployments(): ReadonlyMap<string, Deployment> {
  return new Map(
    manifests()
      .filter(({ kind }) => kind === 'Deployment')
      .map(({ metadata, body }) => [metadata.name, body['spec'] as Deployment]),
  );
}
