import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { openPostgres } from '../../src/storage/postgres/open-postgres.ts';
import { needsOwnPostgres, startServer, type TestServer } from '../support/postgres.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const needed = hasOpenssl ? needsOwnPostgres : { skip: 'there is no openssl to make a certificate with' };

/** A certificate for `localhost` that nobody knows, and its key. */
function certificate(folder: string) {
  const [key, cert] = [join(folder, 'server.key'), join(folder, 'server.crt')];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
  execFileSync('openssl', [...request, '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
  return { key, cert };
}

describe('A storage on PostgreSQL over TLS', needed, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tasker-tls-'));
  let server: TestServer;
  let root = '';
  let url = '';
  before(async () => {
    server = await startServer();
    const database = await server.createDatabase();
    url = database.url.replace('127.0.0.1', 'localhost');
    const { key, cert } = certificate(folder);
    root = cert;
    const [place] = await database.query('show data_directory');
    // The server writes them itself: so they are its user's, and nobody else reads the key.
    for (const [name, file] of [['server.crt', cert] as const, ['server.key', key] as const]) {
      const lines = `select regexp_split_to_table('${readFileSync(file, 'utf8').trimEnd()}', '\n')`;
      const program = `umask 077; cat > "${String(place?.['data_directory'])}/${name}"`;
      await database.query(`copy (${lines}) to program '${program}'`);
    }
    await database.query('alter system set ssl = on');
    await database.query('select pg_reload_conf()');
  });
  after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  const opens = async (query: string, host = 'localhost'): Promise<void> => {
    const storage = await openPostgres({ url: `${url.replace('localhost', host)}?${query}`, listenUrl: null });
    await storage.close();
  };
  const refused = (message: RegExp) => ({ code: 'TASKER_STORAGE_UNAVAILABLE', message });

  it('is opened where its certificate is known and has its name', () =>
    opens(`sslmode=verify-full&sslrootcert=${root}`));

  // What docs/postgres.md says of the modes; another version of the driver may mean other things by them.
  for (const mode of ['verify-full', 'verify-ca', 'require', 'prefer']) {
    it(`is not opened by ${mode} where its certificate is not known, or has another name`, async () => {
      await assert.rejects(opens(`sslmode=${mode}`), refused(/certificate is not trusted.*sslrootcert/));
      await assert.rejects(
        opens(`sslmode=${mode}&sslrootcert=${root}`, '127.0.0.1'),
        refused(/certificate is for another name/),
      );
    });
  }

  it('is opened by no-verify whoever it is, and without a mode in the clear', async () => {
    await opens('sslmode=no-verify');
    await opens('');
  });
});
