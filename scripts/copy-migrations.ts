// The compiler leaves what is not TypeScript behind; the schema's migrations belong to the build.
import { cpSync } from 'node:fs';

cpSync(
  new URL('../src/storage/sqlite/migrations/', import.meta.url),
  new URL('../dist/storage/sqlite/migrations/', import.meta.url),
  {
    recursive: true,
  },
);
