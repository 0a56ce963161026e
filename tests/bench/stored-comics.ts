/** The clock that is the same for all contestants: when their files were there. */

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const Comic = z.object({ num: z.number() });

/**
 * Comics a second between the first file and the last: whatever a program does before the first,
 * such as to start, and after the last, does not count.
 *
 * @throws Error where a comic is missing, is another one, or something else lies beside them.
 */
export async function storedPerSecond(directory: string, ids: readonly number[]): Promise<number> {
  const names = await readdir(directory);
  if (names.length !== ids.length) {
    throw new Error(`${names.length} files of ${ids.length} comics were stored`);
  }
  const times: number[] = [];
  for (const id of ids) {
    const path = join(directory, `${id}.json`);
    const { num } = Comic.parse(JSON.parse(await readFile(path, 'utf8')));
    if (num !== id) throw new Error(`${id}.json holds comic ${num}`);
    // Renaming changes the file itself, not its contents: the time at which the name was there.
    const { ctimeMs } = await stat(path);
    times.push(ctimeMs);
  }
  return perSecond(times);
}

/** How many came a second after the first, of moments in ms in any order. */
export function perSecond(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  return ((sorted.length - 1) / ((sorted.at(-1) ?? 0) - (sorted[0] ?? 0))) * 1000;
}
