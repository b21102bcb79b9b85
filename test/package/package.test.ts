import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';

import { generated } from './generated.ts';
import { installed, type Installed } from './packed.ts';
import { published } from './published.ts';

describe('the package, packed and installed', () => {
  let dir = '';
  let place: Installed;

  before(async () => {
    dir = await realpath(await mkdtemp(join(tmpdir(), 'tasker-package-')));
    place = await installed(dir);
  });

  after(() => rm(dir, { recursive: true, force: true }));

  generated(() => place);
  published(() => place);
});
