import { idFor, refuse, type ServiceDefinition } from './service.ts';

export function ordersService(): ServiceDefinition {
  return {
    name: 'orders',
    path: '/orders',
    usualLatencyMs: 10,
    perform: ({ customer_id, payment_id, reservation_id }, key) => {
      if (![customer_id, payment_id, reservation_id].every((id) => typeof id === 'string' && id !== '')) {
        return refuse(422, 'invalid_order', 'customer_id, payment_id and reservation_id must be texts');
      }
      return { status: 201, body: { order_id: idFor('ord', key), status: 'confirmed' } };
    },
  };
}
