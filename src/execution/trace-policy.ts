import type { TraceChoices } from '../events/trace-choices.ts';

export type TraceMode = 'continuous' | 'linked';

/** How tasks are traced that are created from now on. */
export interface TracePolicy {
  /** Whether attempts are traced at all: without it nobody would export the spans that handlers' calls hang on. */
  readonly enabled: boolean;
  readonly mode: TraceMode;
  /** Of tasks: 0 to 1. */
  readonly sampleRatio: number;
}

/** Null where nothing is but the rule. The caller's own decision is not asked: its flag would defeat the ratio. */
export function traceChoices(
  { mode, sampleRatio }: TracePolicy,
  traceId: string,
  tracestate: string | null,
): TraceChoices | null {
  const choices: TraceChoices = {
    ...(!isSampled(traceId, sampleRatio) && { sampled: false }),
    ...(mode === 'linked' && { linked: true }),
    ...(tracestate !== null && { state: tracestate }),
  };
  return Object.keys(choices).length === 0 ? null : choices;
}

/** As OpenTelemetry's own ratio sampler for JavaScript decides, so that both keep the same traces at the same ratio. */
export function isSampled(traceId: string, ratio: number): boolean {
  let folded = 0;
  for (let at = 0; at < 32; at += 8) folded = (folded ^ Number.parseInt(traceId.slice(at, at + 8), 16)) >>> 0;
  return ratio >= 1 || folded < Math.floor(ratio * 0xff_ff_ff_ff);
}
