export const serviceNames = ['payments', 'inventory', 'orders', 'mail'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Where each service listens, without a trailing slash. */
export type ServiceUrls = Readonly<Record<ServiceName, string>>;
