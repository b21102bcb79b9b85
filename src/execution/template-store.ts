/** A template as a running task keeps it. */
export interface StoredTemplate {
  /** SHA-256 of its canonical JSON. */
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  /** JSON text. */
  readonly body: string;
}

/**
 * For the implementer: revisions of one namespace, name and version count from 1. Saving the latest id changes nothing;
 * an earlier one becomes the latest again, with its body as it was.
 */
export interface TemplateStore {
  /** The id of the latest revision, or null. */
  latestId(namespace: string, name: string, version: string): Promise<string | null>;
  save(template: StoredTemplate): Promise<{ readonly revision: number }>;
  load(id: string): Promise<StoredTemplate | null>;
}
