import { idFor, refuse, type ServiceDefinition } from './service.ts';

interface Line {
  readonly sku: string;
  readonly quantity: number;
}

/** Every article starts with `stockPerSku` units; a reservation is for all of its lines or for none. */
export function inventoryService(stockPerSku: number): ServiceDefinition {
  const left = new Map<string, number>();

  return {
    name: 'inventory',
    path: '/reservations',
    usualLatencyMs: 15,
    perform: ({ lines, region }, key) => {
      const wanted = readLines(lines);
      if (wanted === null) return refuse(422, 'invalid_lines', 'lines must be a list of {sku, quantity}');

      const units = new Map<string, number>();
      for (const { sku, quantity } of wanted) units.set(sku, (units.get(sku) ?? 0) + quantity);
      const short = [...units].some(([sku, quantity]) => quantity > (left.get(sku) ?? stockPerSku));
      if (short) return refuse(409, 'out_of_stock', 'There are not enough units of an article');

      for (const [sku, quantity] of units) left.set(sku, (left.get(sku) ?? stockPerSku) - quantity);
      return {
        status: 201,
        body: {
          reservation_id: idFor('res', key),
          items_reserved: [...units.values()].reduce((sum, quantity) => sum + quantity, 0),
          warehouse: typeof region === 'string' ? `warehouse-${region}` : 'warehouse-main',
        },
      };
    },
  };
}

function readLines(value: unknown): readonly Line[] | null {
  return Array.isArray(value) && value.length > 0 && value.every(isLine) ? value : null;
}

function isLine(value: unknown): value is Line {
  if (typeof value !== 'object' || value === null || !('sku' in value) || !('quantity' in value)) return false;
  return typeof value.sku === 'string' && Number.isSafeInteger(value.quantity) && Number(value.quantity) > 0;
}
