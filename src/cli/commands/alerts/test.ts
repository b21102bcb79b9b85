import { Option } from 'commander';

import { type IncidentOptions, incidentOptions, matchOf } from '../../alert-argument.ts';
import { defineCommand } from '../../define-command.ts';
import { exitCodes, type ExitCode } from '../../exit-codes.ts';
import { printable } from '../../format/printable.ts';
import { type CellInput, formatTable } from '../../format/table.ts';
import type { Session } from '../../session.ts';
import type { TestedRoute } from '../../../tasker.ts';

interface TestOptions extends IncidentOptions {
  readonly send?: true;
}

export const testAlertCommand = defineCommand<TestOptions>({
  name: 'test',
  summary: 'which route and sinks an alert would take; with --send, whether it arrives',
  whenToUse:
    'Use it after you have changed routes or sinks. With --send each sink that would be told gets a test that says that nothing is wrong, and its end at once: who is on call may be called. The exit code is 1 when nobody would be told, or one did not take it.',
  examples: [
    ['tasker alerts test --severity critical --namespace shop', 'who would be told?'],
    ['tasker alerts test --severity critical --label team=payments --send', 'and does it arrive?'],
  ],
  options: [...incidentOptions(), new Option('--send', 'really tell them')],
  run: testAlert,
});

async function testAlert(session: Session, _args: readonly string[], options: TestOptions): Promise<ExitCode> {
  const { send = false } = options;
  const loaded = await session.loadConfig();
  const tested = await session.withTasker(loaded, (tasker) => tasker.testAlert(matchOf(options), { send }));
  const arrived = tested.sinks.every(({ trigger }) => !send || trigger?.kind === 'delivered');
  if (session.json) session.printJson({ ...tested, sent: send, arrived: tested.sinks.length > 0 && arrived });
  else print(session, tested, send);
  return tested.sinks.length > 0 && arrived ? exitCodes.ok.code : exitCodes.failed.code;
}

function print(session: Session, { route, routes, sinks }: TestedRoute, send: boolean): void {
  if (routes === 0) session.print('no routes: every sink that takes alerts is told\n');
  else if (route === null) session.print(`none of ${routes} routes fits: nobody is told\n`);
  else session.print(`route ${route + 1} of ${routes} fits\n`);
  const rows = sinks.map(({ sink, trigger, resolve }): CellInput[] => [
    { text: sink, style: 'bold' },
    ...(send ? [answer(trigger), answer(resolve)] : []),
  ]);
  if (rows.length > 0) session.print(formatTable(send ? ['SINK', 'BEGIN', 'END'] : ['SINK'], rows, session.paint));
}

function answer(outcome: TestedRoute['sinks'][number]['trigger']): CellInput {
  if (outcome === null) return '';
  if (outcome.kind === 'delivered') return { text: 'delivered', style: 'green' };
  return { text: printable(`${outcome.kind}: ${outcome.reason}`), style: 'red' };
}
