/** Before all tests: a redis-server, found or provided the way the program itself does it. */

import { findServerBinary, INSTALLERS } from '../../shared/embedded-redis/binary.js';

export async function setup(): Promise<void> {
  const announce = (line: string): void => void process.stderr.write(`${line}\n`);
  const binary = await findServerBinary({ env: process.env, announce }, INSTALLERS);
  // Inherited by the test files' processes and by all that they spawn.
  process.env['COMIC_QUEUE_REDIS_SERVER'] = binary.path;
}
