// The configuration of this repository's own example, so that `npm run -s tasker -- …` works in a checkout.
import { existsSync, readFileSync } from 'node:fs';

import { createHandlers } from './examples/monitored-checkout/handlers/create-handlers.ts';
import { type ServiceUrls, usualServiceUrls } from './examples/monitored-checkout/service-urls.ts';
import { fraudWatcher } from './examples/monitored-checkout/subscribers/fraud-watcher.ts';
import { writeCase } from './examples/monitored-checkout/subscribers/write-case.ts';
import { defineConfig } from './src/index.ts';

// `npm start` writes where its services listen; without it, where they would by default.
const written = new URL('./.tasker/services.json', import.meta.url);
const urls = existsSync(written) ? (JSON.parse(readFileSync(written, 'utf8')) as ServiceUrls) : usualServiceUrls;

export default defineConfig({
  storage: { kind: 'sqlite', file: '.tasker/tasker.db' },
  templates: ['examples/monitored-checkout/config/monitored_checkout_handler.yaml'],
  handlers: createHandlers(urls),
  subscribers: [
    fraudWatcher({ openCase: writeCase(new URL('./.tasker/fraud-cases.ndjson', import.meta.url).pathname) }),
  ],
});
