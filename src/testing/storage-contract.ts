// What must hold of every storage, for whoever writes one. Suites of `node:test`.
export { storageContract } from './contracts/storage.contract.ts';
export type { Has, Open, Opened } from './contracts/fixtures.ts';
export type { Storage } from '../execution/storage.ts';
