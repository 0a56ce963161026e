/** Reading journals: streamed, whatever their length. */

import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ResultRecord } from './result-record.js';
import { systemCode } from './store-failure.js';

const JOURNAL_FILE = /\.jsonl$/;

/**
 * The records of all journals in a directory, in the order of each file. Lines that are no record
 * are left out: a torn end of a worker that was killed. Nothing there is no records.
 */
export async function* readJournals(directory: string): AsyncGenerator<ResultRecord> {
  const names = await namesIn(directory);
  for (const name of names.filter((one) => JOURNAL_FILE.test(one)).toSorted()) {
    yield* readJournal(join(directory, name));
  }
}

/** The newest record of each key, by the clocks of the workers; of equal times the later line. */
export async function latestRecords(
  records: AsyncIterable<ResultRecord>,
): Promise<Map<string, ResultRecord>> {
  const latest = new Map<string, ResultRecord>();
  for await (const record of records) {
    const known = latest.get(record.key);
    if (known === undefined || known.fetchedAt <= record.fetchedAt) latest.set(record.key, record);
  }
  return latest;
}

async function* readJournal(path: string): AsyncGenerator<ResultRecord> {
  const input = createReadStream(path);
  const lines = createInterface({ input, crlfDelay: Infinity });
  try {
    for await (const line of lines) {
      const record = parseLine(line);
      if (record !== undefined) yield record;
    }
  } finally {
    lines.close();
    input.destroy();
  }
}

function parseLine(line: string): ResultRecord | undefined {
  try {
    return ResultRecord.safeParse(JSON.parse(line)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}
