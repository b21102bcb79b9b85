import { createHash } from 'node:crypto';

import { canonicalJson } from '../shared/json.ts';
import type { TaskTemplate } from './template.ts';

/** SHA-256 as hexadecimal. Equal for templates that mean the same, in whatever order their keys were written. */
export function templateFingerprint(template: TaskTemplate): string {
  return createHash('sha256').update(canonicalJson(template)).digest('hex');
}
