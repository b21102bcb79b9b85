import type { Clock } from '../../shared/clock.ts';
import { delivered, type Delivery } from '../../signals/delivery.ts';
import { oneByOne } from '../alerts/one-by-one.ts';
import { type AlertSink, defineSink } from '../define-sink.ts';
import { byStatus, deliver } from '../http/deliver.ts';
import type { Posted } from '../http/post.ts';
import { slackMessage } from './slack-message.ts';
import type { SlackParts } from './slack-options.ts';

/** To a channel of Slack, through an incoming webhook: a message for each notice. */
export function makeSlackSink({ name, webhookUrl, timeoutMs }: SlackParts, clock: Clock): AlertSink {
  const read = (answer: Posted): Delivery => byStatus('Slack', answer, clock.now(), faultOf(answer));
  return defineSink({
    name,
    alerts: oneByOne(async (notice, signal) => {
      const message = slackMessage(notice);
      if (message === null) return delivered;
      const body = JSON.stringify(message);
      return deliver({ receiver: 'Slack', url: webhookUrl, body, timeoutMs, clock, signal, read });
    }),
  });
}

/** What Slack says in words of its own; anything else may repeat what it was sent. */
const known: ReadonlySet<string> = new Set([
  'action_prohibited',
  'channel_is_archived',
  'channel_not_found',
  'invalid_blocks',
  'invalid_payload',
  'invalid_token',
  'msg_blocks_too_long',
  'no_active_hooks',
  'no_service',
  'no_service_id',
  'no_team',
  'no_text',
  'posting_to_general_channel_denied',
  'ratelimited',
  'rollup_error',
  'team_disabled',
  'too_many_attachments',
  'user_not_found',
]);

function faultOf({ body }: Posted): string {
  const said = Buffer.from(body.subarray(0, 100)).toString().trim();
  return known.has(said) ? said : '';
}
