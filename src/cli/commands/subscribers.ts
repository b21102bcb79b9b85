import { defineCommand } from '../define-command.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { formatTable } from '../format/table.ts';
import type { Session } from '../session.ts';

export const subscribersCommand = defineCommand<object>({
  name: 'subscribers',
  summary: 'list subscribers: how far behind, what is parked, how large their states are',
  whenToUse:
    "Use it when numbers look old or too small: a subscriber may lag, or have parked events that it failed at. It reads the store and works whether an engine is running or not. 'tasker parked' shows what is parked.",
  examples: [
    ['tasker subscribers', 'all that were ever registered'],
    ["tasker subscribers --json | jq -r '.[] | select(.parked > 0) | .name'", 'those that wait for somebody'],
  ],
  options: [],
  run: listSubscribers,
});

async function listSubscribers(session: Session): Promise<ExitCode> {
  const subscribers = await session.withClient((tasker) => tasker.subscribers());
  if (session.json) session.printJson(subscribers);
  else if (subscribers.length === 0) session.note('no subscribers');
  else {
    const right = (value: number) => ({ text: String(value), align: 'right' as const });
    const rows = subscribers.map(({ name, checkpoint, lag, parked, stateBytes, lagged, generation }) => [
      { text: name, style: 'bold' as const },
      right(checkpoint),
      { ...right(lag), ...(lagged && { style: 'yellow' as const }) },
      { ...right(parked), ...(parked > 0 && { style: 'red' as const }) },
      { text: `${stateBytes} B`, align: 'right' as const },
      right(generation),
    ]);
    const heading = ['SUBSCRIBER', 'CHECKPOINT', 'LAG', 'PARKED', 'STATE', 'GENERATION'];
    session.print(formatTable(heading, rows, session.paint));
  }
  return exitCodes.ok.code;
}
