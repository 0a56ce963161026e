/** A kind as people type it: by its plural. */

import { CommandError, EXIT } from '../../shared/base/errors.js';
import { safeText } from '../../shared/base/safe-text.js';
import { kindNameOfPlural, KINDS, type KindName } from '../../shared/kinds/kinds.js';
import { suggestion } from '../suggestion.js';

/** What may be typed, in the order of the kinds. */
function kindPlurals(): string[] {
  return Object.values(KINDS).map(({ plural }) => plural);
}

/**
 * The kind of a plural.
 *
 * @throws CommandError (usage) that lists the kinds.
 */
export function requireKind(plural: string): KindName {
  const name = kindNameOfPlural(plural);
  if (name !== undefined) return name;
  const known = kindPlurals();
  throw new CommandError(
    EXIT.usage,
    `There is no kind "${safeText(plural, 60)}": the kinds are ${known.join(', ')}.${suggestion(plural, known)}`,
  );
}
