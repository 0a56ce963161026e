/** A run as people type it: `run-7` or `7`. */

import { CommandError, EXIT } from '../../shared/base/errors.js';
import { safeText } from '../../shared/base/safe-text.js';
import { parseRunName } from '../../shared/queues/job.js';

/**
 * The number of a run.
 *
 * @throws CommandError (usage) when it is not the name of one.
 */
export function requireRunNumber(text: string): number {
  const number = parseRunName(text);
  if (number !== undefined) return number;
  throw new CommandError(
    EXIT.usage,
    `"${safeText(text, 60)}" is not the name of a run, such as run-7: comic-queue runs lists them`,
  );
}
