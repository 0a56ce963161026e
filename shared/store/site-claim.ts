/** The sites a directory was filled from: invented comics never mix with real ones. */

import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, EXIT } from '../base/errors.js';
import { safeText, siteText } from '../base/safe-text.js';
import { systemCode } from './store-failure.js';
import { TEMPORARY_SUFFIX } from './temporary-files.js';
import { flushDirectory, publish, removeQuietly, writeWhole } from './whole-file.js';

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
