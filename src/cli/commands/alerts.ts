import { defineCommandGroup } from '../define-command-group.ts';
import { ackAlertCommand } from './alerts/ack.ts';
import { backtestAlertsCommand } from './alerts/backtest.ts';
import { listAlertsCommand } from './alerts/list.ts';
import { showAlertCommand } from './alerts/show.ts';
import { silenceAlertsCommand } from './alerts/silence.ts';
import { testAlertCommand } from './alerts/test.ts';
import { unsilenceAlertsCommand } from './alerts/unsilence.ts';

export const alertsCommand = defineCommandGroup(
  'alerts',
  'what is wrong now and what was: list, show, take in hand, silence, test who is told, try policies',
  'Use it when you are paged, to see what stands behind it and to say that you are on it; and before, to see who would be told of what. Without a command it lists.',
  [
    ['tasker alerts', 'what fires, and what has just ended'],
    ['tasker alerts show KEY', 'one of them, with all that is known'],
    ["tasker alerts ack KEY --why 'on it'", 'somebody has it: receivers are told'],
    ['tasker alerts silence --namespace shop --for 2h', 'nobody is told of these for a while'],
    ['tasker alerts test --severity critical --send', 'does it arrive?'],
    ['tasker alerts backtest --since 7d --policy file.yaml', 'what would these have said?'],
  ],
  [
    listAlertsCommand,
    showAlertCommand,
    ackAlertCommand,
    silenceAlertsCommand,
    unsilenceAlertsCommand,
    testAlertCommand,
    backtestAlertsCommand,
  ],
);
