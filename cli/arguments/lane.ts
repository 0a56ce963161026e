/** A lane as people type it: by its name. */

import { CommandError, EXIT } from '../../shared/base/errors.js';
import { safeText } from '../../shared/base/safe-text.js';
import { laneNamed, LANES, type Lane } from '../../shared/queues/lane.js';
import { suggestion } from '../suggestion.js';

/**
 * The lane of a name.
 *
 * @throws CommandError (usage) that lists the lanes.
 */
export function requireLane(name: string): Lane {
  const lane = laneNamed(name);
  if (lane !== undefined) return lane;
  const known = LANES.map((one) => one.name);
  throw new CommandError(
    EXIT.usage,
    `There is no lane "${safeText(name, 60)}": the lanes are ${known.join(', ')}.${suggestion(name, known)}`,
  );
}
