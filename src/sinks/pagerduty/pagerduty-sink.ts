import type { Clock } from '../../shared/clock.ts';
import { delivered, type Delivery } from '../../signals/delivery.ts';
import { oneByOne } from '../alerts/one-by-one.ts';
import { type AlertSink, defineSink } from '../define-sink.ts';
import { byStatus, deliver } from '../http/deliver.ts';
import type { Posted } from '../http/post.ts';
import { pagerDutyEvent } from './pagerduty-event.ts';
import type { PagerDutyParts } from './pagerduty-options.ts';

/** To PagerDuty's Events API v2: one alert for each incident, by its key. */
export function makePagerDutySink(parts: PagerDutyParts, clock: Clock): AlertSink {
  const { name, url, timeoutMs } = parts;
  const base = url.replace(/\/+$/, '');
  return defineSink({
    name,
    alerts: oneByOne((notice, signal) => {
      const { path, body } = pagerDutyEvent(notice, parts);
      const read = (answer: Posted): Delivery => readAnswer(answer, clock.now());
      return deliver({ receiver: 'PagerDuty', url: `${base}${path}`, body, timeoutMs, clock, signal, read });
    }),
  });
}

/** "A few minutes", say its docs; an alert should not wait that long if it need not. */
const afterTooManyMs = 30_000;

function readAnswer(answer: Posted, nowMs: number): Delivery {
  // Accepted, not yet handled: there is no later answer to wait for.
  if (answer.status === 202) return delivered;
  const read = byStatus('PagerDuty', answer, nowMs, faults(answer));
  return read.kind === 'retryable' && answer.status === 429 ? { afterMs: afterTooManyMs, ...read } : read;
}

const fields =
  /'((?:payload\.)?(?:routing_key|event_action|dedup_key|payload|summary|source|severity|timestamp|component|group|class|custom_details|links|images))'/g;

/** Its words may repeat what was sent; the names of the fields that it minds say enough, and nothing secret. */
function faults({ status, body }: Posted): string {
  if (status !== 400) return '';
  const names = new Set([...Buffer.from(body).toString().matchAll(fields)].map(([, field = '']) => field));
  return names.size === 0 ? '' : `it minds ${[...names].join(', ')}`;
}
