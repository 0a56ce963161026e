/** Comparing the kept results with what the journals say was stored. */

import { createHash } from 'node:crypto';
import { KIND_NAMES, kindOf } from '../../shared/kinds/kinds.js';
import { latestRecords } from '../../shared/store/journal.js';
import { keyText, parseKey } from '../../shared/store/result-key.js';
import type { ResultArchive, ResultRecord } from '../../shared/store/result-store.js';

/** Files read at once. */
const READS_AT_ONCE = 8;

const PAGE_RESULTS = 1000;

/** What is wrong with a result. */
export interface Damage {
  /** `comics/614.json`. */
  readonly key: string;
  readonly problem: 'gone' | 'size' | 'content';
}

export interface Verification {
  /** Results that are what the journal says. */
  readonly sound: number;
  readonly damaged: readonly Damage[];
  /** Results that no journal knows: their worker died before it wrote its line. */
  readonly unrecorded: number;
  /** Files, by folder. */
  readonly files: Readonly<Record<string, number>>;
}

/** Reads every kept result once. Stops with the signal's reason when it aborts. */
export async function verifyArchive(
  archive: ResultArchive,
  signal: AbortSignal,
): Promise<Verification> {
  const records = await latestRecords(recordsOfFiles(archive));
  const damaged: Damage[] = [];
  const pending = records.values();
  const readers = Array.from({ length: READS_AT_ONCE }, async () => {
    for (const record of pending) {
      signal.throwIfAborted();
      const problem = await problemOf(archive, record);
      if (problem !== undefined) damaged.push({ key: record.key, problem });
    }
  });
  await Promise.all(readers);
  const { files, unrecorded } = await countFiles(archive, records);
  return {
    sound: records.size - damaged.length,
    damaged: damaged.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    unrecorded,
    files,
  };
}

async function* recordsOfFiles(archive: ResultArchive): AsyncGenerator<ResultRecord> {
  for await (const record of archive.records()) {
    if (record.sha256 !== undefined) yield record;
  }
}

async function problemOf(
  archive: ResultArchive,
  record: ResultRecord,
): Promise<Damage['problem'] | undefined> {
  const body = await archive.read(parseKey(record.key));
  if (body === undefined) return 'gone';
  if (body.length !== record.bytes) return 'size';
  const sha256 = createHash('sha256').update(body).digest('hex');
  return sha256 === record.sha256 ? undefined : 'content';
}

async function countFiles(
  archive: ResultArchive,
  records: ReadonlyMap<string, ResultRecord>,
): Promise<Pick<Verification, 'files' | 'unrecorded'>> {
  const files = new Map<string, number>();
  let unrecorded = 0;
  for (const name of KIND_NAMES) {
    const folder = kindOf(name).plural;
    let after: string | undefined;
    do {
      const page = await archive.list(folder, { after, limit: PAGE_RESULTS });
      if (page.results.length > 0) {
        files.set(folder, (files.get(folder) ?? 0) + page.results.length);
      }
      unrecorded += page.results.filter(({ key }) => !records.has(keyText(key))).length;
      after = page.next;
    } while (after !== undefined);
  }
  return { files: Object.fromEntries(files), unrecorded };
}
