/** How many jobs at once, as people type it. */

import { CommandError, EXIT } from '../../shared/base/errors.js';
import { safeText } from '../../shared/base/safe-text.js';
import { kindOf, type KindName } from '../../shared/kinds/kinds.js';
import { requireKind } from './kind.js';

const CONCURRENCY_MAX = 10_000;

/** Jobs at once of a kind: a number, or found by the worker itself. */
export type Concurrency = number | 'auto';

/**
 * Reads `50`, `auto` or `comics=50,searches=auto`. Kinds that are not named keep their own default.
 *
 * @throws CommandError (usage) that names the part that cannot be read.
 */
export function concurrencyOf(
  text: string | undefined,
  kinds: readonly KindName[],
): ReadonlyMap<KindName, Concurrency> {
  const byKind = new Map<KindName, Concurrency>(
    kinds.map((kind) => [kind, kindOf(kind).defaultConcurrency]),
  );
  for (const part of text?.split(',') ?? []) {
    const [plural, count] = part.includes('=') ? part.split('=', 2) : [undefined, part];
    const value = requireCount(count?.trim() ?? '');
    for (const kind of namedKinds(plural?.trim(), kinds)) byKind.set(kind, value);
  }
  return byKind;
}

/**
 * Reads `comics,searches`; every kind where nothing is said.
 *
 * @throws CommandError (usage) for a kind that there is not.
 */
export function kindsOf(text: string | undefined, all: readonly KindName[]): KindName[] {
  if (text === undefined) return [...all];
  return [...new Set(text.split(',').map((plural) => requireKind(plural.trim())))];
}

function namedKinds(plural: string | undefined, kinds: readonly KindName[]): readonly KindName[] {
  return plural === undefined ? kinds : kinds.filter((kind) => kind === requireKind(plural));
}

function requireCount(text: string): Concurrency {
  if (text === 'auto') return text;
  const count = Number(text);
  if (/^\d{1,5}$/.test(text) && count >= 1 && count <= CONCURRENCY_MAX) return count;
  throw new CommandError(
    EXIT.usage,
    `Cannot read the concurrency "${safeText(text, 60)}": write 50, comics=50,searches=2 or auto, at most ${CONCURRENCY_MAX}`,
  );
}
