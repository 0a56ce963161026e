/** The daemon's process. Argument: the data directory. */

import { CommandError, errorText } from '../base/errors.js';
import { Daemon } from './daemon.js';
import { openDataDirectory } from './data-directory.js';

const IDLE_MS = 10_000;

const [dataDir = ''] = process.argv.slice(2);
const log = (line: string): void => {
  process.stderr.write(`${new Date().toISOString()} ${process.pid} ${line}\n`);
};

try {
  const daemon = new Daemon({
    directory: await openDataDirectory(dataDir),
    // Only tests have a reason to change it.
    idleMs: Number(process.env['COMIC_QUEUE_EMBEDDED_IDLE_MS'] ?? IDLE_MS),
    env: process.env,
    log,
  });
  process.on('SIGTERM', () => daemon.stop());
  process.on('SIGINT', () => daemon.stop());
  process.on('SIGHUP', () => undefined);
  await daemon.run();
} catch (error) {
  log(errorText(error));
  process.exitCode = error instanceof CommandError ? error.exitCode : 1;
}
