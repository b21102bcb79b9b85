import type { CheckoutStep } from '../checkout-context.ts';
import { callService } from './call-service.ts';
import { orderFacts } from './order-facts.ts';

export function updateInventory(inventoryUrl: string): CheckoutStep<'update_inventory'> {
  return async (step) => {
    const reservation = await callService(step, {
      url: `${inventoryUrl}/reservations`,
      body: {
        ...orderFacts(step.context),
        lines: step.context.items.map(({ sku, quantity }) => ({ sku, quantity })),
      },
      refusals: { out_of_stock: 'An item is out of stock.' },
    });
    return {
      reservation_id: reservation.text('reservation_id'),
      items_reserved: reservation.integer('items_reserved'),
      warehouse: reservation.text('warehouse'),
    };
  };
}
