/** The one map of kinds: verbs, help, validation, configuration, queues, origin and board derive from it. */

import { comic } from './comic.js';
import type { Kind } from './kind.js';
import { picturesOf } from './picture.js';
import { search } from './search.js';
import { sleep } from './sleep.js';

export const KINDS = { comic, picture: picturesOf(comic), search, sleep } as const;

export type KindName = keyof typeof KINDS;

/** The data of a job of a kind. */
export type InputOf<Name extends KindName> =
  (typeof KINDS)[Name] extends Kind<infer Input> ? Input : never;

/** The data of a job of any kind. */
export type AnyInput = InputOf<KindName>;

/** A kind whose input type is not known at compile time. */
export type AnyKind = Kind<AnyInput>;

/** The names of all kinds, in the order of the map. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.keys forgets the keys of a constant
export const KIND_NAMES = Object.keys(KINDS) as [KindName, ...KindName[]];

/**
 * Looks up a kind, for code that treats all kinds alike. Its methods take only inputs that its own
 * `parse` or `input` schema has produced.
 */
export function kindOf(name: KindName): AnyKind {
  const kind: unknown = KINDS[name];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a kind's methods take its own inputs only
  return kind as AnyKind;
}

/** The kind by whose answers a kind goes, where there is one: a picture's comic. */
export function recordKindOf(name: KindName): KindName | undefined {
  const { record } = kindOf(name);
  return record === undefined ? undefined : kindNameOfPlural(record.plural);
}

/** The kinds whose sites the jobs of a kind ask: its own first. */
export function kindsAskedBy(name: KindName): KindName[] {
  const record = recordKindOf(name);
  return record === undefined ? [name] : [name, record];
}

/** Looks up the name of a kind by its plural (`comics`). */
export function kindNameOfPlural(plural: string): KindName | undefined {
  return KIND_NAMES.find((name) => KINDS[name].plural === plural);
}

/** `comics`, or `comic` for one; a kind that this version does not know is called by its name. */
export function nounOf(kindName: string, count?: number): string {
  const kind = KIND_NAMES.find((name) => name === kindName);
  return kind === undefined || count === 1 ? kindName : KINDS[kind].plural;
}
