#!/usr/bin/env node
// Old syntax until the version is checked: an older Node must get as far as the message.
'use strict';

var found = process.versions.node.split('.').map(Number);
if (found[0] < 22 || (found[0] === 22 && found[1] < 18)) {
  process.stderr.write(
    'error TASKER_RUNTIME_NODE_TOO_OLD: tasker needs Node.js 22.18 or newer and runs on ' +
      process.versions.node +
      '. Install a newer one; in a checkout, "npm run -s tasker -- ..." uses the one that npm ci installed.\n',
  );
  process.exit(1);
}

void import('node:fs')
  .then(function (fs) {
    // A checkout has the source and may have a stale build; an installed package has the build alone.
    var source = new URL('../src/cli/main.ts', import.meta.url);
    return import(fs.existsSync(source) ? source.href : new URL('../dist/cli/main.js', import.meta.url).href);
  })
  .then(function (cli) {
    return cli.main(process.argv.slice(2));
  })
  .then(function (exitCode) {
    // A handler that was left behind may never settle: the command has ended all the same.
    process.exit(exitCode);
  });
