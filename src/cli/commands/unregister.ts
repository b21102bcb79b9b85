import { defineCommand } from '../define-command.ts';
import { askOfEngine } from '../subscriber-action.ts';

export const unregisterCommand = defineCommand<object>({
  name: 'unregister',
  arguments: '<subscriber>',
  summary: 'forget all that is kept for a subscriber',
  whenToUse:
    'Use it for a subscriber that no configuration names any more: its checkpoint, its state and what it has parked are removed, and old events no longer wait for it. One that is still configured begins anew at the next start of the engine.',
  examples: [['tasker unregister old-report', 'it is gone for good']],
  options: [],
  run: (session, [name = '']) =>
    askOfEngine(
      session,
      (tasker) => tasker.unregister(name),
      ({ parked }) => `forgotten${parked === 0 ? '' : `, with ${parked} parked events`}`,
    ),
});
