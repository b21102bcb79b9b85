import { defineCommand } from '../../define-command.ts';
import { matchInWords } from '../../format/alert.ts';
import { operatorOptions, type OperatorOptions } from '../../operator-action.ts';
import { askOfEngine } from '../../subscriber-action.ts';
import { whoAsks } from '../../who-asks.ts';

export const unsilenceAlertsCommand = defineCommand<OperatorOptions>({
  name: 'unsilence',
  arguments: '<id>',
  summary: 'end a silence at once',
  whenToUse: 'Use it when the work is done before its time: what is open is told of then.',
  examples: [['tasker alerts unsilence ID', "an id as 'tasker alerts' shows it"]],
  options: operatorOptions(),
  run: (session, [id = ''], options) =>
    askOfEngine(
      session,
      (tasker) => tasker.liftSilence(id, whoAsks(session, options)),
      ({ match }) => `silenced no longer: ${matchInWords(match)}`,
    ),
});
