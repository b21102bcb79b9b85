// Runs test files as `node --test` does, with the arguments that it is given; `!pattern` leaves files out.
import { spawnSync } from 'node:child_process';
import { globSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// Each file is a process of its own, and many start more, and threads: the compiler's work is shared among them. It
// begins anew with each run, for files that only a test has written leave entries that nobody asks for again.
const compileCache = fileURLToPath(new URL('../node_modules/.cache/tests', import.meta.url));
rmSync(compileCache, { recursive: true, force: true });

const given = process.argv.slice(2);
const options = given.filter((argument) => argument.startsWith('--'));
const left = given.filter((argument) => argument.startsWith('!')).map((argument) => argument.slice(1));
const patterns = given.filter((argument) => !argument.startsWith('--') && !argument.startsWith('!'));
const without = new Set(globSync(left));
const files = globSync(patterns)
  .filter((file) => !without.has(file))
  .toSorted();
if (files.length === 0) throw new Error(`No test file matches ${patterns.join(' ')}`);

const { status, error } = spawnSync(process.execPath, ['--test', ...options, ...files], {
  env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
  stdio: 'inherit',
});
if (error !== undefined) throw error;
process.exit(status ?? 1);
