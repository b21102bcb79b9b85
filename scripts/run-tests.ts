// Runs test files as `node --test` does, with the arguments that it is given.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// Each file is a process of its own, and many start more, and threads: the compiler's work is shared among them. It
// begins anew with each run, for files that only a test has written leave entries that nobody asks for again.
const compileCache = fileURLToPath(new URL('../node_modules/.cache/tests', import.meta.url));
rmSync(compileCache, { recursive: true, force: true });

const { status, error } = spawnSync(process.execPath, ['--test', ...process.argv.slice(2)], {
  env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
  stdio: 'inherit',
});
if (error !== undefined) throw error;
process.exit(status ?? 1);
