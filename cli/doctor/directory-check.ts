/** Whether results and the embedded Redis can be written. */

import { ensureDirectory } from '../../shared/base/directory.js';
import { CommandError, errorText, EXIT } from '../../shared/base/errors.js';
import { probeDirectory } from '../../shared/store/temporary-files.js';
import type { Session } from '../session.js';
import { type CheckResult, failed, found } from './check-result.js';

/** Writes and removes a file in each directory. */
export async function* checkDirectories(session: Session): AsyncGenerator<CheckResult> {
  const { dataDir, redisUrl } = session.configuration;
  if (redisUrl === undefined) yield checkDirectory('data directory', dataDir);
  if (redisUrl !== undefined || session.outDir !== dataDir) {
    yield checkDirectory('results', session.outDir);
  }
}

async function checkDirectory(about: string, directory: string): Promise<CheckResult> {
  try {
    await ensureDirectory(directory);
    await probeDirectory(directory);
    return found(about, 'ok', `${about} ${directory} can be written`);
  } catch (error) {
    const text = `Cannot write to the ${about} ${directory}: ${errorText(error)}`;
    return failed(about, new CommandError(EXIT.cannotWrite, text, { cause: error }));
  }
}
