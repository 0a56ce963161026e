/** The one place that knows which stores there are. */

import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandError, EXIT } from '../base/errors.js';
import { safeText, safeUrl, siteText } from '../base/safe-text.js';
import { DirectoryArchive } from './archive.js';
import type { ResultArchive, ResultStore } from './result-store.js';
import { DirectoryStore, type DirectoryStoreOptions } from './store.js';
import { TEMPORARY_SUFFIX } from './temporary-files.js';
import {
  cannotWrite,
  flushDirectory,
  publish,
  removeQuietly,
  systemCode,
  writeWhole,
} from './whole-file.js';

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

/** For each folder of results, the URL template it is filled from. */
export type Sites = Readonly<Record<string, string>>;

const CLAIMS_FOLDER = '.sites';

/**
 * Notes in `<out>/.sites/<folder>` where each folder's results come from, or compares with what is
 * noted there. Throws a {@link CommandError} `badConfig` that names both sites when they differ.
 * Any number of workers may start at once: a claim appears whole, and only the first one counts.
 */
export async function claimSites(out: string, sites: Sites): Promise<void> {
  const claims = join(out, CLAIMS_FOLDER);
  await mkdir(claims, { recursive: true });
  for (const [folder, site] of Object.entries(sites)) {
    const claimed = readClaim(join(claims, folder)) ?? (await claim(claims, folder, site));
    if (claimed !== site) throw otherSite(out, folder, claimed, site);
  }
}

/** The site that has the folder now: the one given, or that of a worker that was faster. */
async function claim(claims: string, folder: string, site: string): Promise<string> {
  const name = `.${folder}-${randomBytes(6).toString('hex')}${TEMPORARY_SUFFIX}`;
  const temporary = join(claims, name);
  await writeWhole(temporary, Buffer.from(`${site}\n`), 'full');
  try {
    takePlace(temporary, join(claims, folder));
  } finally {
    removeQuietly(temporary);
  }
  await flushDirectory(claims);
  return readClaim(join(claims, folder)) ?? site;
}

/** A link, unlike a rename, leaves what is there already; FAT knows no links. */
function takePlace(temporary: string, path: string): void {
  try {
    linkSync(temporary, path);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EPERM' || code === 'ENOTSUP') publish(temporary, path);
    else if (code !== 'EEXIST') throw error;
  }
}

function readClaim(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trimEnd();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function otherSite(out: string, folder: string, claimed: string, site: string): CommandError {
  const place = `${safeText(out)} holds ${folder} from ${siteText(claimed)}`;
  const wanted = `this worker is configured for ${siteText(site)}`;
  const message = `${place}, but ${wanted}. Give another directory with --out, or configure the same site.`;
  return new CommandError(EXIT.badConfig, message);
}
