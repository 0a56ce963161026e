/** The claim on a results directory: its id, and the sites that its results come from. */

import { randomBytes, randomUUID } from 'node:crypto';
import { linkSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDirectory } from '../base/directory.js';
import { CommandError, EXIT } from '../base/errors.js';
import { safeText, siteText } from '../base/safe-text.js';
import { TEMPORARY_SUFFIX } from './temporary-files.js';
import { flushDirectory, publish, removeQuietly, systemCode, writeWhole } from './whole-file.js';

const SITES_FOLDER = '.sites';
const ID_FILE = '.store-id';

/** The directory is looked at this seldom: a look takes 20 µs, and as much for each folder. */
const LOOK_EVERY_MS = 50;

/** A claim is older than this before it counts as left behind: its first result is on its way. */
export const LEFT_BEHIND_AFTER_MS = 10_000;

/** For each folder of results, the identity of the site that fills it: no key is in it. */
export type FolderSites = Readonly<Record<string, string>>;

/**
 * Gives a directory an id in `<out>/.store-id`, by which workers find out whether they share it, and
 * each folder the site of its first result, in `<out>/.sites/<folder>`, so that results of two sites
 * never mix. A folder without results is claimed by none. Of workers that store at once the first
 * one's files count: they appear whole and are never replaced.
 */
export class DirectoryClaim {
  readonly #out: string;
  readonly #sites: FolderSites;
  readonly #onReplaced: (warning: string) => void;
  /** Folders that are known to be claimed for their site. */
  readonly #claimed = new Set<string>();
  #id = '';
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  /** @param onReplaced told when the directory is another than before */
  constructor(out: string, sites: FolderSites, onReplaced: (warning: string) => void = () => {}) {
    this.#out = out;
    this.#sites = sites;
    this.#onReplaced = onReplaced;
  }

  /** The id of the directory; empty before {@link make}. */
  get id(): string {
    return this.#id;
  }

  /**
   * Gives the directory its id. Throws a {@link CommandError} `badConfig` when a folder holds results
   * of another site.
   */
  async make(): Promise<void> {
    await ensureDirectory(this.#out);
    this.#requireOwnSites();
    const id = await firstText(this.#out, ID_FILE, randomUUID);
    const before = this.#id;
    this.#id = id;
    if (before === '' || before === id) return;
    const fact = `${safeText(this.#out)} is not the directory that it was: it has been removed, replaced, mounted or unmounted`;
    this.#onReplaced(`${fact}. Results are stored in the one that is there now`);
  }

  /** Claims a folder for its site, before a result is stored there. Throws as {@link make} does. */
  async claim(folder: string): Promise<void> {
    const site = this.#sites[folder];
    if (site === undefined || this.#claimed.has(folder)) return;
    const claims = join(this.#out, SITES_FOLDER);
    await ensureDirectory(claims);
    const claimed = await firstText(claims, folder, () => site);
    if (claimed !== site) throw otherSite(this.#out, folder, claimed, site);
    this.#claimed.add(folder);
  }

  /**
   * Gives the directory an id again when it has been removed or replaced, which is noticed within
   * 50 ms, or at once with `now`. Throws as {@link make} does.
   */
  async hold(now = false): Promise<void> {
    const nowMs = performance.now();
    if (!now && nowMs - this.#lookedAtMs < LOOK_EVERY_MS) return;
    this.#lookedAtMs = Number.NEGATIVE_INFINITY;
    if (readText(join(this.#out, ID_FILE)) === this.#id) this.#requireOwnSites();
    else await this.make();
    this.#lookedAtMs = nowMs;
  }

  /** Forgets claims that are gone, and removes those of other sites that no results came of. */
  #requireOwnSites(): void {
    for (const [folder, site] of Object.entries(this.#sites)) {
      const path = join(this.#out, SITES_FOLDER, folder);
      const claimed = readText(path);
      if (claimed === site) continue;
      this.#claimed.delete(folder);
      if (claimed === undefined) continue;
      if (!isLeftBehind(path) || holdsResults(join(this.#out, folder))) {
        throw otherSite(this.#out, folder, claimed, site);
      }
      removeQuietly(path);
    }
  }
}

function isLeftBehind(path: string): boolean {
  const changedAtMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return Math.abs(Date.now() - changedAtMs) > LEFT_BEHIND_AFTER_MS;
}

/** Whether a folder holds anything but temporary files, whose names begin with a dot. */
function holdsResults(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => !name.startsWith('.'));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
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

/** The refusal of a folder that holds results of another site. */
export function otherSite(
  out: string,
  folder: string,
  claimed: string,
  site: string,
): CommandError {
  const place = `${safeText(out)} holds ${folder} from ${siteText(claimed)}`;
  const wanted = `this worker is configured for ${siteText(site)}`;
  const message = `${place}, but ${wanted}. Give another directory with --out, or configure the same site.`;
  return new CommandError(EXIT.badConfig, message);
}
