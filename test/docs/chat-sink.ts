import { defineConfig, defineSink } from '../../src/index.ts';

const chat = defineSink({
  name: 'chat',
  async logs(records, { signal }) {
    const errors = records.filter(({ severity }) => severity === 'error');
    if (errors.length === 0) return { kind: 'delivered' };
    const body = errors.map((record) => `${record.eventName}: ${record.body}`).join('\n');
    let answer: Response;
    try {
      answer = await fetch('https://chat.example/hook', { method: 'POST', body, signal });
    } catch {
      return { kind: 'retryable', reason: 'it cannot be reached' };
    }
    if (answer.ok) return { kind: 'delivered' };
    const reason = `it answered ${answer.status}`;
    return answer.status === 429 || answer.status >= 500
      ? { kind: 'retryable', reason, afterMs: 5000 }
      : { kind: 'rejected', reason };
  },
});

export default defineConfig({ templates: ['checkout.yaml'], sinks: [chat] });
