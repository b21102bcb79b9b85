import type { Storage } from '../../src/execution/storage.ts';
import { TaskerError } from '../../src/shared/errors.ts';

/** A storage that refuses the first template: whoever starts on it has joined by then. */
export function firstSaveFails({ templates, ...storage }: Storage): Storage {
  let failed = false;
  return {
    ...storage,
    templates: {
      latestId: (namespace, name, version) => templates.latestId(namespace, name, version),
      load: (id) => templates.load(id),
      save: async (template) => {
        if (failed) return templates.save(template);
        failed = true;
        throw new TaskerError('TASKER_STORAGE_FULL', 'the disk is full');
      },
    },
  };
}
