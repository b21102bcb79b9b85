import { createHmac, hash } from 'node:crypto';

import type { AlertNotice } from '../../signals/alert.ts';

/**
 * The headers of Standard Webhooks 1.0.0. The id, the moment of sending and the body are signed together, so that none
 * can be exchanged, and an old request is known as one.
 */
export function signedHeaders(
  id: string,
  body: string,
  { secrets, nowMs }: { readonly secrets: readonly string[]; readonly nowMs: number },
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

/**
 * The same for the same notice, however often it is sent: by it a receiver takes each once. A trigger, an acknowledgement
 * and a resolution come once for each incident, at whatever moment they are told of; updates are told apart by what they
 * say.
 */
export function webhookId(notice: AlertNotice): string {
  return `msg_${hash('sha256', JSON.stringify(sameness(notice))).slice(0, 32)}`;
}

function sameness(notice: AlertNotice): readonly unknown[] {
  switch (notice.kind) {
    case 'trigger':
    case 'acknowledge':
    case 'resolve':
    case 'settle':
      return [notice.kind, notice.incident.key];
    case 'update':
      return [notice.kind, notice.incident];
    case 'repeat':
      return [notice.kind, notice.incident.key, notice.atMs];
    case 'summary':
      return [notice.kind, ...notice.missed.map(({ key }) => key)];
  }
}
