/** Where a user's caches are. */

import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Our own directory among them: what is in it can be removed at any time. */
export function cacheDirectory(env: NodeJS.ProcessEnv): string {
  const base = env['XDG_CACHE_HOME'];
  const usable = base !== undefined && isAbsolute(base) ? base : join(homedir(), '.cache');
  return join(usable, 'comic-queue');
}
