// The compiler leaves what is not TypeScript behind; the schemas' migrations belong to the build.
import { cpSync } from 'node:fs';

for (const storage of ['sqlite', 'postgres']) {
  cpSync(
    new URL(`../src/storage/${storage}/migrations/`, import.meta.url),
    new URL(`../dist/storage/${storage}/migrations/`, import.meta.url),
    { recursive: true },
  );
}
