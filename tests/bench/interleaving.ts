/** Contestants take turns, so that what disturbs the machine for a while disturbs all of them. */

import type { Bench } from './bench.js';
import { numberText } from './wording.js';

export interface Contestant {
  readonly name: string;
  /** Measures once. */
  readonly measure: () => Promise<number>;
}

/** Values of each contestant, one a repeat; each repeat begins with another contestant. */
export async function interleave(
  bench: Bench,
  repeat: number,
  contestants: readonly Contestant[],
): Promise<ReadonlyMap<string, number[]>> {
  const values = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  for (let pass = 0; pass < repeat; pass += 1) {
    for (const { name, measure } of rotated(contestants, pass)) {
      await settleDisk(bench);
      const value = await measure();
      values.get(name)?.push(value);
      bench.note(`  ${pass + 1}/${repeat} ${name}: ${numberText(value)}`);
    }
  }
  return values;
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const start = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

/** What one contestant left unwritten must not be written at the cost of the next. */
async function settleDisk({ processes, scratch }: Bench): Promise<void> {
  await processes.start({ program: 'sync', args: [], cwd: scratch }).ended;
}
