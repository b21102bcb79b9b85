/**
 * What a handler gives to the services it calls. The generation stands before the step, whose name may hold anything:
 * two steps never share a key.
 */
export function stepIdempotencyKey(taskId: string, step: string, generation: number): string {
  return generation === 1 ? `${taskId}:${step}` : `${taskId}.${generation}:${step}`;
}
