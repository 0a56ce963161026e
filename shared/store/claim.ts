/** The claim on a results directory: its id, and the sites that its results come from. */

import { randomBytes, randomUUID } from 'node:crypto';
import { linkSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDirectory } from '../base/directory.js';
import { CommandError, EXIT } from '../base/errors.js';
import { safeText, siteText } from '../base/safe-text.js';
import { TEMPORARY_SUFFIX } from './temporary-files.js';
import { flushDirectory, publish, removeQuietly, systemCode, writeWhole } from './whole-file.js';

const SITES_FOLDER = '.sites';
const ID_FILE = '.store-id';

/** The directory is looked at this seldom: a look takes 20 µs. */
const LOOK_EVERY_MS = 50;

/** For each folder of results, the URL template that fills it. */
export type FolderSites = Readonly<Record<string, string>>;

/**
 * Gives a directory an id in `<out>/.store-id`, by which workers find out whether they share it, and
 * writes the site of each folder into `<out>/.sites/<folder>`, so that results of two sites never
 * mix. Of workers that start at once the first one's files count: they appear whole and are never
 * replaced.
 */
export class DirectoryClaim {
  readonly #out: string;
  readonly #sites: FolderSites;
  #id = '';
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(out: string, sites: FolderSites) {
    this.#out = out;
    this.#sites = sites;
  }

  /** The id of the directory; empty before {@link make}. */
  get id(): string {
    return this.#id;
  }

  /** Makes the claim. Throws a {@link CommandError} `badConfig` when a folder is another site's. */
  async make(): Promise<void> {
    const claims = join(this.#out, SITES_FOLDER);
    await ensureDirectory(claims);
    for (const [folder, site] of Object.entries(this.#sites)) {
      const claimed = await firstText(claims, folder, () => site);
      if (claimed !== site) throw otherSite(this.#out, folder, claimed, site);
    }
    this.#id = await firstText(this.#out, ID_FILE, randomUUID);
  }

  /**
   * Makes the claim again when the directory has been removed or replaced, which is noticed within
   * 50 ms, or at once with `now`. Throws as {@link make} does.
   */
  async hold(now = false): Promise<void> {
    const nowMs = performance.now();
    if (!now && nowMs - this.#lookedAtMs < LOOK_EVERY_MS) return;
    this.#lookedAtMs = Number.NEGATIVE_INFINITY;
    if (readText(join(this.#out, ID_FILE)) !== this.#id) await this.make();
    this.#lookedAtMs = nowMs;
  }
}

/** The text of a file, which gets one from `make` if it does not exist. */
async function firstText(directory: string, name: string, make: () => string): Promise<string> {
  const path = join(directory, name);
  const text = readText(path);
  if (text !== undefined) return text;
  const made = make();
  const random = randomBytes(6).toString('hex');
  const temporary = join(directory, `.${name}-${random}${TEMPORARY_SUFFIX}`);
  await writeWhole(temporary, Buffer.from(`${made}\n`), 'full');
  try {
    linkOrPublish(temporary, path);
  } finally {
    removeQuietly(temporary);
  }
  await flushDirectory(directory);
  return readText(path) ?? made;
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

function readText(path: string): string | undefined {
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
