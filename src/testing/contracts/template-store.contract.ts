import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { StoredTemplate } from '../../execution/template-store.ts';
import { type Open, withStorage } from './fixtures.ts';

function template(id: string, given: Partial<StoredTemplate> = {}): StoredTemplate {
  return { id, namespace: 'shop', name: 'checkout', version: '1.0.0', body: `{"id":"${id}"}`, ...given };
}

export function templateStoreContract(storageName: string, open: Open): void {
  describe(`TemplateStore on ${storageName}`, () => {
    it('gives back a template as it was saved', () =>
      withStorage(open, async (storage) => {
        await storage.templates.save(template('h1'));
        assert.deepEqual(await storage.templates.load('h1'), template('h1'));
        assert.equal(await storage.templates.load('h2'), null);
      }));

    it('counts revisions of one namespace, name and version from 1', () =>
      withStorage(open, async (storage) => {
        const { templates } = storage;
        assert.equal(await templates.latestId('shop', 'checkout', '1.0.0'), null);
        assert.deepEqual(await templates.save(template('h1')), { revision: 1 });
        assert.deepEqual(await templates.save(template('h2')), { revision: 2 });
        assert.deepEqual(await templates.save(template('h3', { version: '1.1.0' })), { revision: 1 });
        assert.equal(await templates.latestId('shop', 'checkout', '1.0.0'), 'h2');
        assert.equal(await templates.latestId('shop', 'checkout', '1.1.0'), 'h3');
      }));

    it('changes nothing of the latest revision', () =>
      withStorage(open, async (storage) => {
        await storage.templates.save(template('h1'));
        assert.deepEqual(await storage.templates.save(template('h1', { body: 'other' })), { revision: 1 });
        assert.deepEqual(await storage.templates.load('h1'), template('h1'));
      }));

    it('makes one that comes back the latest again', () =>
      withStorage(open, async (storage) => {
        await storage.templates.save(template('h1'));
        await storage.templates.save(template('h2'));
        assert.deepEqual(await storage.templates.save(template('h1', { body: 'other' })), { revision: 3 });
        assert.deepEqual(await storage.templates.load('h1'), template('h1'));
        assert.equal(await storage.templates.latestId('shop', 'checkout', '1.0.0'), 'h1');
      }));
  });
}
