/** Opens stores; the one place that knows which locations there are. */

import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureDirectory } from '../base/directory.js';
import { CommandError, EXIT, StoreUnavailableError } from '../base/errors.js';
import { safeText, safeUrl } from '../base/safe-text.js';
import { DirectoryArchive } from './archive.js';
import type { ResultArchive, ResultStore } from './result-store.js';
import { DirectoryStore, type StoreOptions } from './store.js';
import { directoryFailure } from './whole-file.js';

const SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i;
const WORKER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/**
 * Opens a store for writing: a directory or a `file:` URL, which is writable and holds results of no
 * other sites. Throws a {@link CommandError}: `cannotWrite`, or `badConfig` for other sites and
 * unknown kinds of locations.
 */
export async function openStore(location: string, options: StoreOptions): Promise<ResultStore> {
  const root = directoryOf(location);
  if (!WORKER.test(options.worker)) {
    throw new TypeError(`Cannot name a journal after the worker ${safeText(options.worker)}`);
  }
  try {
    await ensureDirectory(root);
    const store = new DirectoryStore(await realpath(root), options);
    await store.probe();
    store.cleanUp();
    return store;
  } catch (error) {
    throw cannotWrite(error, root);
  }
}

/** Opens a store for reading. It need not exist yet. */
export function openArchive(location: string): ResultArchive {
  return new DirectoryArchive(directoryOf(location));
}

function directoryOf(location: string): string {
  const scheme = SCHEME.exec(location)?.[1]?.toLowerCase();
  if (scheme === undefined) return resolve(location);
  if (scheme === 'file') return fileURLToPath(location);
  const shown = safeText(safeUrl(location));
  const message = `Cannot keep results in ${shown}: only a directory or a file: URL is known`;
  throw new CommandError(EXIT.badConfig, message);
}

function cannotWrite(error: unknown, root: string): unknown {
  const failure = directoryFailure(error, root);
  if (!(failure instanceof StoreUnavailableError)) return failure;
  if (failure.cause instanceof CommandError) return failure.cause;
  const advice =
    failure.code === 'ENOTDIR' ? 'Put a directory or a mount there' : 'Make it writable';
  const message = `${failure.message}. ${advice}, or give another place with --out.`;
  return new CommandError(EXIT.cannotWrite, message, { cause: error });
}
