/** Whether what was kept is what the site sends, byte for byte. */

import { openArchive } from '../../shared/store/open-store.js';
import { KINDS } from '../../shared/kinds/kinds.js';
import { urlOf, type Site } from '../../shared/kinds/site.js';

/** More than the demo ever keeps. */
const FILES_MAX = 10_000;

const ENDING = '.json';

export interface FilesFound {
  readonly files: number;
  /** Files whose bytes are what the site sends. */
  readonly identical: number;
}

/** Fetches every comic kept in a directory once more, past the queue, and compares the bytes. */
export async function compareWithSite(directory: string, site: Site): Promise<FilesFound> {
  const archive = openArchive(directory);
  const { results } = await archive.list(KINDS.comic.plural, { limit: FILES_MAX });
  const compared = results.map(async ({ key }) => {
    const id = Number(key.file.slice(0, -ENDING.length));
    const [kept, sent] = await Promise.all([
      archive.read(key),
      fetch(urlOf('comic', site, { id })).then((answer) => answer.arrayBuffer()),
    ]);
    return kept?.equals(Buffer.from(sent)) ?? false;
  });
  const identical = (await Promise.all(compared)).filter(Boolean).length;
  return { files: results.length, identical };
}
