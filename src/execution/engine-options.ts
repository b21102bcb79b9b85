import type { Clock } from '../shared/clock.ts';
import type { Random } from '../shared/ids.ts';
import type { JsonObject } from '../shared/json.ts';
import type { InSpan } from './attempt-trace.ts';
import type { StoredCommand } from './command-inbox.ts';
import type { EngineLimits } from './engine-limits.ts';
import type { Narration } from './narration.ts';
import type { Recorder } from './recorder.ts';
import type { Storage } from './storage.ts';
import type { TaskTypes } from './task-types.ts';
import type { TracePolicy } from './trace-policy.ts';

export interface EngineOptions {
  readonly storage: Storage;
  /** Of this storage; shared with whoever else writes to it. */
  readonly recorder: Recorder;
  readonly types: TaskTypes;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: EngineLimits;
  /** Takes tasks of these alone up; null: of all. */
  readonly namespaces: readonly string[] | null;
  readonly narration: Narration;
  readonly tracing: TracePolicy;
  readonly inSpan: InSpan;
  /** Carries out commands of other processes that are no task's. */
  readonly carryOutOther: (command: StoredCommand) => Promise<JsonObject>;
  /** This worker may have been taken for lost: what it holds may be others' by now. */
  readonly onLapsed?: () => void;
  /** Awaited when no task is held any more, while this is still the engine. */
  readonly beforeLeave?: () => Promise<void>;
  /** Something that no caller waits for went wrong. */
  readonly onProblem: (error: unknown) => void;
}
