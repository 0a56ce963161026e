/** The one place that knows which stores there are. */

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandError, EXIT } from '../base/errors.js';
import { safeText, safeUrl } from '../base/safe-text.js';
import { DirectoryArchive } from './directory-archive.js';
import { DirectoryStore, type DirectoryStoreOptions } from './directory-store.js';
import { type ResultArchive, type ResultStore } from './result-store.js';
import { claimSites, type Sites } from './site-claim.js';
import { cannotWrite } from './store-failure.js';

export interface StoreOptions extends DirectoryStoreOptions {
  /** Where the results of each folder come from. */
  readonly sites: Sites;
}

const SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i;
const WORKER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/**
 * Opens a store for writing, a directory or a `file:` URL, once it has proved writable and its
 * sites are the same. Throws a {@link CommandError}: `cannotWrite`, or `badConfig` for other sites
 * and for locations of no known kind.
 */
export async function openStore(location: string, options: StoreOptions): Promise<ResultStore> {
  const root = directoryOf(location);
  if (!WORKER.test(options.worker)) {
    throw new TypeError(`Cannot name a journal after the worker ${safeText(options.worker)}`);
  }
  const store = new DirectoryStore(root, options);
  try {
    await store.probe();
    await claimSites(root, options.sites);
  } catch (error) {
    throw cannotWrite(error, root);
  }
  store.cleanUp();
  return store;
}

/** Opens a store for reading only. Nothing need be there yet. */
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
