/** Whole numbers as people type them. */

import { CommandError, EXIT } from '../../shared/base/errors.js';
import { safeText } from '../../shared/base/safe-text.js';

/**
 * Reads a whole number within bounds.
 *
 * @throws CommandError (usage) that names the option.
 */
export function requireCount(
  option: string,
  text: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const count = Number(text);
  if (/^\d{1,12}$/.test(text) && count >= min && count <= max) return count;
  throw new CommandError(
    EXIT.usage,
    `${option} must be a whole number from ${min} to ${max}, got "${safeText(text, 60)}"`,
  );
}
