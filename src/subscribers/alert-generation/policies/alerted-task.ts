import type { PolicyInput } from './policies.ts';

/** What a template says about how its tasks are alerted on. Plain JSON: it goes to the thread that watches. */
export interface TaskAlerting {
  readonly critical: boolean;
  readonly onFailure: boolean;
  /** For routes. */
  readonly labels: Readonly<Record<string, string>>;
  readonly runbookUrl: string | null;
  readonly policies: readonly PolicyInput[];
}
