import type { OperatorAction } from '../tasker.ts';
import type { OperatorOptions } from './operator-action.ts';
import type { Session } from './session.ts';

export function whoAsks({ io }: Session, { by, why }: OperatorOptions): OperatorAction {
  return { by: by ?? io.userName(), ...(why !== undefined && { why }) };
}
