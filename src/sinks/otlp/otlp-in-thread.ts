import { makeOtlpSink } from './otlp-sink.ts';

/** The module from which a thread makes the sink for itself. */
export default makeOtlpSink;
