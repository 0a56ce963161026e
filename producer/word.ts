/** What one word of a request stands for. */

import { CommandError, EXIT } from '../shared/base/errors.js';
import { safeText } from '../shared/base/safe-text.js';
import type { Parsed, Sequence } from '../shared/kinds/kind.js';
import type { AnyInput, AnyKind } from '../shared/kinds/kinds.js';

/** Longest part of a word that a message repeats. */
const SHOWN_MAX = 80;

export interface Word {
  readonly text: string;
  /** Where it stands in a file, as `ids.txt:3`; empty for a typed one. */
  readonly place: string;
}

/**
 * Reads a word: several sequences where its kind separates them; undefined where the site's latest
 * number is needed and not known yet.
 *
 * @throws CommandError (usage) that names the word and its place.
 */
export function readWord(
  kind: AnyKind,
  word: Word,
  latest: number | undefined,
): Sequence<AnyInput>[] | undefined {
  const { separator } = kind;
  const parts = separator === undefined ? [word.text] : word.text.split(separator);
  const sequences: Sequence<AnyInput>[] = [];
  for (const part of parts) {
    const parsed = resolved(kind.parse(part.trim()), latest);
    if (parsed.type === 'needs-latest') return undefined;
    if (parsed.type === 'problem') throw badWord(part, word.place, parsed.problem);
    sequences.push(parsed.sequence);
  }
  return sequences;
}

function resolved(parsed: Parsed<AnyInput>, latest: number | undefined): Parsed<AnyInput> {
  return parsed.type === 'needs-latest' && latest !== undefined ? parsed.resolve(latest) : parsed;
}

function badWord(text: string, place: string, fact: string): CommandError {
  const where = place === '' ? '' : ` at ${place}`;
  return new CommandError(
    EXIT.usage,
    `Cannot read "${safeText(text, SHOWN_MAX)}"${where}: ${fact}. Correct it and try again; nothing was queued`,
  );
}
