import type { JsonObject, TaskTemplate } from '../../index.ts';
import type { ErrorClassName, Targets } from './scenario-schema.ts';

/** A scenario with its defaults filled in, checked. Plain JSON: it goes to the thread that runs it. Times in milliseconds. */
export interface Scenario {
  readonly name: string;
  readonly file: string;
  readonly seeds: readonly number[];
  readonly startMs: number;
  readonly durationMs: number;
  readonly workflows: readonly Workflow[];
  readonly faults: readonly Fault[];
  readonly policies: readonly JsonObject[] | null;
  readonly scopeFields: readonly string[] | null;
  readonly targets: Targets | null;
  readonly warnings: readonly string[];
}

export interface Workflow {
  readonly namespace: string;
  readonly name: string;
  /** Of a template of the user's own; null: the lab has made it. */
  readonly templateFile: string | null;
  /** The keys of the template that the lab has made; null: it is a file. */
  readonly definition: JsonObject | null;
  readonly template: TaskTemplate;
  readonly steps: readonly StepBehaviour[];
  readonly traffic: Traffic;
  readonly customers: Customers;
  readonly order: { readonly value: LogNormal; readonly currencies: Weights };
  readonly context: JsonObject;
}

export interface StepBehaviour {
  readonly name: string;
  readonly service: string;
  readonly latency: LogNormal;
  readonly noise: Noise;
  readonly timeoutMs: number | null;
  readonly stallMs: number;
}

/** By median and 99th percentile. */
export interface LogNormal {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface Noise {
  readonly slow: { readonly share: number; readonly factor: number };
  readonly retries: { readonly share: number; readonly error: ErrorShape };
}

export interface ErrorShape {
  readonly class: ErrorClassName;
  readonly type: string;
  readonly code: string | null;
  readonly status: number | null;
}

export type Weights = Readonly<Record<string, number>>;
export type Customers = Readonly<Record<string, Weights>>;

export interface Traffic {
  /** Tasks a millisecond. */
  readonly rate: number;
  readonly daily: readonly number[] | null;
  readonly quiet: readonly { readonly fromMinute: number; readonly toMinute: number; readonly factor: number }[];
}

export type Who = Readonly<Record<string, readonly string[]>>;

interface AnyFault {
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly who: Who;
  /** What it hits: steps, or for silence workflows (`step` null). */
  readonly hits: readonly FaultPlace[];
}

export interface FaultPlace {
  readonly namespace: string;
  readonly task: string;
  readonly step: string | null;
}

export type Fault = AnyFault &
  (
    | { readonly kind: 'hang'; readonly ratio: number; readonly release: 'never' | 'at_end' | null }
    | { readonly kind: 'timeout'; readonly ratio: number; readonly afterMs: number }
    | { readonly kind: 'error_burst'; readonly ratio: number; readonly error: ErrorShape }
    | { readonly kind: 'slow_ramp'; readonly ratio: number; readonly factor: number }
    | { readonly kind: 'silence' }
  );

export type FaultKind = Fault['kind'];
