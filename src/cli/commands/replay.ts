import { Option } from 'commander';

import type { ReplayOptions, ReplayProgress } from '../../tasker.ts';
import { defineCommand } from '../define-command.ts';
import { parsePast } from '../option-values.ts';
import type { Session } from '../session.ts';
import { askOfEngine } from '../subscriber-action.ts';

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
    askOfEngine(
      session,
      (tasker) =>
        tasker.replay(name, {
          from: parseFrom(from, session.io.now()),
          deliver: deliver === true,
          reset: reset === true,
          onProgress: noteProgress(session),
        }),
      ({ from: first, to, parked }) =>
        `replayed from ${first} to ${to}${parked === 0 ? '' : `; ${parked} events were parked`}`,
    ),
});

/** Every tenth of the way. */
function noteProgress(session: Session): (progress: ReplayProgress) => void {
  let tenths = 0;
  return ({ from, reached, to }) => {
    const now = Math.floor((10 * (reached - from + 1)) / Math.max(1, to - from + 1));
    if (now <= tenths || now >= 10) return;
    tenths = now;
    session.note(`${now * 10} %: at ${reached} of ${to}`);
  };
}

function parseFrom(text: string, nowMs: number): ReplayOptions['from'] {
  if (text === 'beginning') return text;
  if (/^\d+$/.test(text)) return { position: Number(text) };
  return { at: parsePast('--from', "'beginning', a position, a time or how long ago", text, nowMs) };
}
