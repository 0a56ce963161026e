/** The daemon's process. Arguments: the data directory and the generation. */

import { CommandError, errorText } from '../base/errors.js';
import { prepareDataDirectory } from './data-directory.js';
import { Daemon } from './daemon.js';

const IDLE_MS = 10_000;

const [dataDir = '', generation = ''] = process.argv.slice(2);
const log = (line: string): void => {
  process.stderr.write(`${new Date().toISOString()} ${process.pid} ${line}\n`);
};

try {
  const daemon = new Daemon({
    directory: await prepareDataDirectory(dataDir),
    generation: Number(generation),
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
