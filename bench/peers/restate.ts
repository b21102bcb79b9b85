import { createServer } from 'node:http2';
import { createRequire } from 'node:module';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as restate from '@restatedev/restate-sdk';
import * as clients from '@restatedev/restate-sdk-clients';

import { context as input, handler, stepNames } from '../checkout-work.ts';
import type { StartContender } from './contender.ts';
import { freePort } from './free-port.ts';
import { installedVersion } from './installed-version.ts';
import { startServer } from './server-process.ts';

const checkout = restate.service({
  name: 'checkout',
  handlers: {
    run: async (context: restate.Context, _input: typeof input): Promise<void> => {
      for (const name of stepNames) await context.run(name, handler);
    },
  },
});

/** The server with its own defaults: one node, a replicated log of one copy, whose write-ahead log is flushed. */
export const startRestate: StartContender = async (folder) => {
  const [ingress, admin, node] = [await freePort(), await freePort(), await freePort()];
  const configuration = join(folder, 'restate.toml');
  await writeFile(
    configuration,
    `base-dir = ${JSON.stringify(join(folder, 'restate'))}
disable-telemetry = true
log-filter = "error"
listen-mode = "tcp"
bind-address = "127.0.0.1:${node}"
advertised-address = "http://127.0.0.1:${node}"
[ingress]
bind-address = "127.0.0.1:${ingress}"
[admin]
bind-address = "127.0.0.1:${admin}"
`,
  );
  const server = await startServer({
    command: serverBinary(),
    args: ['--no-logo', '-c', configuration],
    env: { DO_NOT_TRACK: '1' },
    cwd: folder,
    ifMissing: `there is no Restate server for ${process.platform} ${process.arch} among its npm packages`,
    async ready() {
      for (const url of [`http://127.0.0.1:${admin}/health`, `http://127.0.0.1:${ingress}/restate/health`]) {
        const answer = await fetch(url);
        if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
      }
    },
  });
  const endpoint = createServer(
    restate.createEndpointHandler({ services: [checkout], logger: () => undefined, bidirectional: true }),
  );
  const endpointPort = await freePort();
  await new Promise<void>((resolve) => {
    endpoint.listen(endpointPort, '127.0.0.1', resolve);
  });
  const registered = await fetch(`http://127.0.0.1:${admin}/deployments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uri: `http://127.0.0.1:${endpointPort}` }),
  });
  if (!registered.ok) throw new Error(`Restate refused the service: ${await registered.text()}`);
  const client = clients.connect({ url: `http://127.0.0.1:${ingress}` }).serviceClient<typeof checkout>({
    name: 'checkout',
  });
  return {
    versions: `Restate ${installedVersion('@restatedev/restate-server')}, its SDK ${installedVersion('@restatedev/restate-sdk')}`,
    durability: 'every step on disk before the next (its defaults, rocksdb-disable-wal-fsync=false)',
    runOne: () => client.run(input),
    async stop() {
      await server.stop();
      endpoint.close();
    },
  };
};

/** The binary itself: the package's own starter would stand between it and our signals. */
function serverBinary(): string {
  const require = createRequire(import.meta.url);
  const name = `@restatedev/restate-server-${process.platform}-${process.arch}`;
  try {
    return join(require.resolve(`${name}/package.json`), '..', 'bin', 'restate-server');
  } catch (cause) {
    throw new Error(`the npm package ${name} is not installed`, { cause });
  }
}
