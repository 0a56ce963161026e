/** The inputs of a run, each once and in the order asked for. */

import { createHash } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import type { Sequence } from '../shared/kinds/kind.js';
import type { AnyInput, KindName } from '../shared/kinds/kinds.js';
import { PAGE_INPUTS, type PageFormat } from './input-page.js';

/** Pages hashed between two looks at the signal: some 20 ms. */
const BREATHE_EVERY_PAGES = 200;

export interface InputList {
  readonly length: number;
  /** The inputs from `index * PAGE_INPUTS` on, at most {@link PAGE_INPUTS} of them. */
  page(index: number): AnyInput[];
  /** The same as they are written down. */
  bytes(index: number): Buffer;
}

/** A sequence as a list, computed as it is read. */
export function listOfSequence(sequence: Sequence<AnyInput>, format: PageFormat): InputList {
  const page = (index: number): AnyInput[] => {
    const start = index * PAGE_INPUTS;
    const length = Math.min(PAGE_INPUTS, sequence.length - start);
    return Array.from({ length }, (_, offset) => sequence.at(start + offset));
  };
  return { length: sequence.length, page, bytes: (index) => format.encode(page(index)) };
}

/** The inputs of a list that is gone through as often as `total` asks for, after the first `done`. */
export function* inputsFrom(list: InputList, done: number, total: number): Generator<AnyInput> {
  for (let next = done; next < total;) {
    const index = next % list.length;
    const rest = list.page(Math.floor(index / PAGE_INPUTS)).slice(index % PAGE_INPUTS);
    yield* rest;
    next += rest.length;
  }
}

/** SHA-256 over the kind, how often the list is gone through, and its inputs in their order. */
export async function digestOf(
  kind: KindName,
  times: number,
  list: InputList,
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256').update(`${kind} ${times}\n`);
  for (let index = 0; index * PAGE_INPUTS < list.length; index += 1) {
    hash.update(list.bytes(index));
    if (index % BREATHE_EVERY_PAGES === 0) await breathe(undefined, { signal });
  }
  return hash.digest('hex');
}
