import { Option } from 'commander';

import type { ReplayOptions } from '../../tasker.ts';
import { defineCommand } from '../define-command.ts';
import { parseSince } from '../option-values.ts';
import { askOfSubscriber } from '../subscriber-action.ts';

interface ReplayCommandOptions {
  readonly from: string;
  readonly deliver?: true;
  readonly reset?: true;
}

export const replayCommand = defineCommand<ReplayCommandOptions>({
  name: 'replay',
  arguments: '<subscriber>',
  summary: "rebuild a subscriber's state from old events",
  whenToUse:
    'Use it after a subscriber was changed or mended. The new state grows beside the living one and takes its place at the end. What it does outside the process is muted unless you say --deliver. One that would forget events is refused without --reset.',
  examples: [
    ['tasker replay sales --from beginning', 'the whole log again'],
    ['tasker replay sales --from 2h --reset', 'forget all but the last two hours'],
    ['tasker replay mailer --from 4201 --deliver', 'from a position on, with its mails'],
  ],
  options: [
    new Option('--from <start>', "'beginning', a position, a time or how long ago").makeOptionMandatory(),
    new Option('--deliver', 'do effects outside the process again'),
    new Option('--reset', 'let the state begin anew there, though it has counted earlier events'),
  ],
  run: (session, [name = ''], { from, deliver, reset }) =>
    askOfSubscriber(
      session,
      (tasker) =>
        tasker.replay(name, {
          from: parseFrom(from, session.io.now()),
          deliver: deliver === true,
          reset: reset === true,
        }),
      ({ from: first, to, parked }) =>
        `replayed from ${first} to ${to}${parked === 0 ? '' : `; ${parked} events were parked`}`,
    ),
});

function parseFrom(text: string, nowMs: number): ReplayOptions['from'] {
  if (text === 'beginning') return text;
  return /^\d+$/.test(text) ? { position: Number(text) } : { at: parseSince(text, nowMs) };
}
