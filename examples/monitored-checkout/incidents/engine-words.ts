import type { ServiceUrls } from '../service-urls.ts';
import type { AlertNotice } from '../tasker.ts';
import type { ReleaseName } from './releases.ts';

export interface EngineOptions {
  /** The database, as an absolute path. */
  readonly file: string;
  readonly urls: ServiceUrls;
  readonly release: ReleaseName;
  /** 0: any free one. */
  readonly operationsPort: number;
}

/** What the engine's process tells the one that started it. */
export type EngineSays =
  | { readonly kind: 'ready'; readonly operationsUrl: string }
  | { readonly kind: 'notice'; readonly notice: AlertNotice; readonly receivedAtMs: number };
