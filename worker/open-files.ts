/** The limit on open files, which bounds how many jobs a process can run at once. */

import { readFileSync } from 'node:fs';
import { CommandError, EXIT } from '../shared/base/errors.js';

/** A connection and, while a result is flushed, a file. */
const FILES_PER_JOB = 2;

/** Connections to Redis, the journal, directories being flushed, modules being loaded. */
const FILES_BESIDES = 100;

/**
 * Throws a {@link CommandError} `badConfig` when so many jobs at once would run out of open files:
 * each would fetch its result again and again without being able to store it.
 *
 * @param limit the most files that this process may open; undefined where that is not known
 */
export function requireOpenFiles(jobs: number, limit = openFilesMax()): void {
  if (limit === undefined || jobs * FILES_PER_JOB + FILES_BESIDES <= limit) return;
  const enoughFor = Math.max(0, Math.floor((limit - FILES_BESIDES) / FILES_PER_JOB));
  const needed = jobs * FILES_PER_JOB + FILES_BESIDES;
  throw new CommandError(
    EXIT.badConfig,
    `Cannot run ${jobs} jobs at once: this process may open ${limit} files, which is enough for ${enoughFor}. Raise its hard limit to ${needed} (ulimit -n, or LimitNOFILE of a service), or lower -c (or --max-concurrency).`,
  );
}

/**
 * The limit in force, where /proc tells. Node has raised the soft limit to the hard one by then.
 */
function openFilesMax(): number | undefined {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    const [, soft] = /^Max open files +(\d+) /m.exec(limits) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
