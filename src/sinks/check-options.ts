import type { z } from 'zod';

import { TaskerError } from '../shared/errors.ts';

/**
 * What the schema makes of a sink's options. The message names what is wrong and never repeats what was given: it may be
 * a key.
 *
 * @throws TaskerError `TASKER_CONFIG_INVALID`
 */
export function checkOptions<Schema extends z.ZodType>(who: string, schema: Schema, given: unknown): z.output<Schema> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) =>
    // Of a key that is none zod says so and nothing more; what was expected is one level below.
    (issue.code === 'invalid_key' ? issue.issues : [issue]).map(({ message }) =>
      issue.path.length === 0 ? message : `${issue.path.join('.')}: ${message}`,
    ),
  );
  throw new TaskerError('TASKER_CONFIG_INVALID', `${who}'s options are not valid: ${problems.join('; ')}.`, {
    details: { problems },
  });
}
