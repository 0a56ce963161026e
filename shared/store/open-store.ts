/** Opens stores: which locations there are, and which sites a results directory belongs to. */

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

const SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i;
const WORKER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const CLAIMS_FOLDER = '.sites';

/** For each folder of results, the URL template that fills it. */
export type FolderSites = Readonly<Record<string, string>>;

export interface StoreOptions extends DirectoryStoreOptions {
  readonly sites: FolderSites;
}

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

/**
 * Writes the site of each folder into `<out>/.sites/<folder>`, or compares it with the one there.
 * Throws a {@link CommandError} `badConfig` that names both sites when they differ. Of workers that
 * start at once the first one's claim counts: claims appear whole and are never replaced.
 */
export async function claimSites(out: string, sites: FolderSites): Promise<void> {
  const claims = join(out, CLAIMS_FOLDER);
  await mkdir(claims, { recursive: true });
  for (const [folder, site] of Object.entries(sites)) {
    const claimed = readClaim(join(claims, folder)) ?? (await claim(claims, folder, site));
    if (claimed !== site) throw otherSite(out, folder, claimed, site);
  }
}

/** Claims a folder; resolves with the site that has it now, which a faster worker may have claimed. */
async function claim(claims: string, folder: string, site: string): Promise<string> {
  const name = `.${folder}-${randomBytes(6).toString('hex')}${TEMPORARY_SUFFIX}`;
  const temporary = join(claims, name);
  await writeWhole(temporary, Buffer.from(`${site}\n`), 'full');
  try {
    linkOrPublish(temporary, join(claims, folder));
  } finally {
    removeQuietly(temporary);
  }
  await flushDirectory(claims);
  return readClaim(join(claims, folder)) ?? site;
}

/** A link, unlike a rename, never replaces a file; FAT has no links. */
function linkOrPublish(temporary: string, path: string): void {
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
