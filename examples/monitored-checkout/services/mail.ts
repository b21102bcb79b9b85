import { idFor, refuse, type ServiceDefinition } from './service.ts';

export function mailService(): ServiceDefinition {
  return {
    name: 'mail',
    path: '/messages',
    usualLatencyMs: 25,
    perform: ({ to, template }, key) => {
      if (typeof to !== 'string' || !to.includes('@')) return refuse(422, 'invalid_recipient', 'to must be an address');
      if (typeof template !== 'string') return refuse(422, 'invalid_template', 'template must be a text');
      return { status: 202, body: { message_id: idFor('msg', key), channel: 'email' } };
    },
  };
}
