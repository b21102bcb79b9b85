import type { Clock } from '../../shared/clock.ts';
import { noticeJson } from '../alerts/alert-json.ts';
import { oneByOne } from '../alerts/one-by-one.ts';
import { type AlertSink, defineSink } from '../define-sink.ts';
import { deliver } from '../http/deliver.ts';
import { signedHeaders, webhookId } from './sign.ts';
import type { WebhookParts } from './webhook-options.ts';

/** To a service of one's own: a signed request for each notice. */
export function makeWebhookSink(parts: WebhookParts, clock: Clock): AlertSink {
  const { name, url, secret, headers, timeoutMs } = parts;
  return defineSink({
    name,
    alerts: oneByOne((notice, signal) => {
      const body = JSON.stringify(noticeJson(notice));
      const signed = signedHeaders(webhookId(notice), body, { secrets: secret, nowMs: clock.now() });
      return deliver({
        receiver: 'the webhook',
        url,
        headers: { ...headers, ...signed },
        body,
        timeoutMs,
        clock,
        signal,
      });
    }),
  });
}
