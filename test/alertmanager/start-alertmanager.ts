import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { freePort } from '../prometheus/start-prometheus.ts';
import { until } from '../support/until.ts';

/** Debian's name, and everybody else's. */
const program = ['prometheus-alertmanager', 'alertmanager'].find(isThere);

export const noAlertmanager: string | false =
  program === undefined
    ? 'needs Alertmanager on the PATH, which npm cannot bring (Debian: apt-get install prometheus-alertmanager)'
    : false;

export interface AlertmanagerView {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly generatorURL: string;
}

/** One that sends what is critical to `/critical` of a receiver, and all else to `/other`, at once. */
export async function startAlertmanager(t: TestContext, folder: string, receiverUrl: string) {
  const config = join(folder, 'alertmanager.yml');
  const receivers = ['critical', 'other'].map((name) => ({
    name,
    webhook_configs: [{ url: `${receiverUrl}/${name}`, send_resolved: true }],
  }));
  const route = {
    receiver: 'other',
    group_by: ['...'],
    group_wait: '0s',
    group_interval: '50ms',
    routes: [{ matchers: ['severity = critical'], receiver: 'critical' }],
  };
  await writeFile(config, JSON.stringify({ route, receivers }));
  const port = await freePort();
  const child = spawn(
    program ?? '',
    [
      `--config.file=${config}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    { stdio: 'ignore' },
  );
  t.after(async () => {
    child.kill('SIGKILL');
    await once(child, 'close');
  });
  const url = `http://127.0.0.1:${port}`;
  await until(async () => (await fetch(`${url}/-/ready`).catch(() => null))?.ok === true);
  const alerts = async (): Promise<readonly AlertmanagerView[]> =>
    (await (await fetch(`${url}/api/v2/alerts`)).json()) as AlertmanagerView[];
  return { url, alerts };
}

function isThere(name: string): boolean {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
