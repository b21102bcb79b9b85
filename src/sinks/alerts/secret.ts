import type { SecretInput } from '../../config/telemetry.ts';

/**
 * A key, or an address that opens a door by itself. As it is, or where it is kept: the name of an environment variable,
 * or a file, as secrets are mounted in containers. It is read once, when the sink is made.
 */
export type Secret = string | SecretInput;
