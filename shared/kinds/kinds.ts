/** The one map of kinds: verbs, help, validation, configuration, lanes, origin and board derive from it. */

import { comic } from './comic.js';
import type { Kind } from './kind.js';
import { search } from './search.js';
import { sleep } from './sleep.js';

export const KINDS = { comic, search, sleep } as const;

export type KindName = keyof typeof KINDS;

/** What a job of a kind carries. */
export type InputOf<Name extends KindName> =
  (typeof KINDS)[Name] extends Kind<infer Input> ? Input : never;

/** What a job of some kind carries. */
export type AnyInput = InputOf<KindName>;

/** A kind whose input type is not known at compile time. */
export type AnyKind = Kind<AnyInput>;

/** The names of all kinds, in the order of the map. */
export const KIND_NAMES = Object.keys(KINDS) as readonly KindName[];

/**
 * The kind of a name, for code that handles all of them alike. Its methods take only inputs that
 * its own `parse` or `input` schema has produced.
 */
export function kindOf(name: KindName): AnyKind {
  // One assertion behind the map's boundary: a Kind is contravariant in its input.
  return KINDS[name] as unknown as AnyKind;
}

/** The kind that people call by this plural (`comics`), if there is one. */
export function kindNameOfPlural(plural: string): KindName | undefined {
  return KIND_NAMES.find((name) => KINDS[name].plural === plural);
}
