/** What `tasker generate` makes of a name: two files side by side, and how the configuration comes to know them. */
export interface Generated {
  /** Without folder and ending; the test's is the same with `.test`. */
  readonly fileName: string;
  readonly code: string;
  readonly test: string;
  /** What the code exports. */
  readonly exported: string;
  /** The key of `defineConfig` and what to put there. */
  readonly config: { readonly key: 'tasks' | 'handlers' | 'subscribers'; readonly value: string };
  /** A sentence on what to do with it, beyond the configuration. */
  readonly next?: string;
}
