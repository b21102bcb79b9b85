import { describe, it } from 'node:test';

import { otlpSink } from '../../src/otlp.ts';
import { sinkContract } from '../../src/testing/contracts/sink.contract.ts';
import { startOtlpReceiver } from '../tracing/otlp-receiver.ts';

for (const encoding of ['protobuf', 'json'] as const) {
  sinkContract(
    `otlp in ${encoding}`,
    async () => {
      const receiver = await startOtlpReceiver();
      return {
        sink: otlpSink({ url: `${receiver.url}/v1/traces`, encoding, env: {} }),
        arrived: async () => receiver.spans.map(({ name }) => name),
        breakDestination: async () => {
          receiver.answer = () => ({ status: 503 });
        },
        cleanUp: () => receiver.close(),
      };
    },
    { describe, it },
  );
}
