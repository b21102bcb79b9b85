export const serviceNames = ['payments', 'inventory', 'orders', 'mail'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Where each service listens, without a trailing slash. */
export type ServiceUrls = Readonly<Record<ServiceName, string>>;

export const usualPorts: Readonly<Record<ServiceName, number>> = {
  payments: 4101,
  inventory: 4102,
  orders: 4103,
  mail: 4104,
};

/** Where the services listen when nobody says otherwise. */
export const usualServiceUrls: ServiceUrls = {
  payments: `http://127.0.0.1:${usualPorts.payments}`,
  inventory: `http://127.0.0.1:${usualPorts.inventory}`,
  orders: `http://127.0.0.1:${usualPorts.orders}`,
  mail: `http://127.0.0.1:${usualPorts.mail}`,
};
