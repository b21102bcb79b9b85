import { findAlert } from '../../alert-argument.ts';
import { defineCommand } from '../../define-command.ts';
import { operatorOptions, type OperatorOptions } from '../../operator-action.ts';
import { askOfEngine } from '../../subscriber-action.ts';
import { whoAsks } from '../../who-asks.ts';

export const ackAlertCommand = defineCommand<OperatorOptions>({
  name: 'ack',
  arguments: '<key>',
  summary: 'say that somebody has an alert in hand; receivers are told',
  whenToUse:
    'Use it as soon as you look into it: others see that, and who. It goes on to be told of when it grows and when it ends. The beginning of a key will do.',
  examples: [["tasker alerts ack KEY --why 'calling the bank'", 'with a word to the others']],
  options: operatorOptions(),
  run: (session, [key = ''], options) =>
    askOfEngine(
      session,
      async (tasker) => {
        const { incident } = findAlert(await tasker.alerts(), key);
        return tasker.acknowledgeAlert(incident.key, whoAsks(session, options));
      },
      ({ incident, acknowledged }) => `${incident.key} is with ${acknowledged?.by ?? 'somebody'}`,
    ),
});
