/** The store in S3: results as objects, `<prefix>/comics/614.json`, with their records as metadata. */

import { createHash, randomUUID } from 'node:crypto';
import { CommandError, StoreUnavailableError } from '../base/errors.js';
import { parseJson } from '../base/json.js';
import type { Outcome } from '../base/outcome.js';
import { type FolderSites, LEFT_BEHIND_AFTER_MS, otherSite } from './claim.js';
import {
  checkedKey,
  contentTypeOf,
  isFolderName,
  isResultFile,
  keyText,
  type ResultKey,
} from './result-key.js';
import {
  type ListOptions,
  type PutOptions,
  type ResultArchive,
  type ResultFacts,
  type ResultPage,
  ResultRecord,
  type ResultStore,
  type ResultVersion,
} from './result-store.js';
import type { ObjectHead, S3Bucket, WriteCondition } from './s3-bucket.js';

const ID = '.store-id';
const SITES = '.sites/';
const JOURNAL = 'journal/';

/** S3 allows 2 KiB of metadata in all; the URL of a long search term alone may be longer. */
const URL_LENGTH_MAX = 1000;

/** Records read at once: each is a request of its own. */
const RECORDS_AT_ONCE = 16;
const PAGE_OBJECTS = 1000;

/** A claim is looked at again after this time, as the bucket may have been emptied. */
const CLAIM_FRESH_MS = 60_000;

/** Reads the results of a bucket. */
export class S3Archive implements ResultArchive {
  protected readonly bucket: S3Bucket;

  constructor(bucket: S3Bucket) {
    this.bucket = bucket;
  }

  async read(key: ResultKey): Promise<Buffer | undefined> {
    return (await this.bucket.get(objectName(key)))?.body;
  }

  /** In the order of the bucket: 10.json before 2.json. */
  async list(folder: string, { after, limit }: ListOptions): Promise<ResultPage> {
    const start = `${folder}/`;
    const page = await this.bucket.list(start, {
      after: after === undefined ? undefined : `${start}${after}`,
      limit,
    });
    const results = page.objects
      .map(({ name, bytes, changedAt }) => ({
        key: { folder, file: name.slice(start.length) },
        bytes,
        storedAt: changedAt,
      }))
      .filter(({ key }) => isResultFile(key.file));
    const last = page.objects.at(-1)?.name.slice(start.length);
    return { results, next: page.isLast ? undefined : last };
  }

  /** One request for each result and each missing comic stored since, one for a thousand others. */
  async *records(since = new Date(0)): AsyncGenerator<ResultRecord> {
    const { folders } = await this.bucket.list('', { limit: PAGE_OBJECTS, delimiter: '/' });
    for (const folder of folders.filter((name) => isFolderName(name))) {
      yield* this.#recordsBelow(`${folder}/`, since, async (name) => {
        const head = await this.bucket.head(name);
        return head === undefined ? undefined : recordOf(name, head);
      });
    }
    yield* this.#recordsBelow(JOURNAL, since, async (name) => {
      const noted = await this.bucket.get(name);
      return noted === undefined
        ? undefined
        : ResultRecord.safeParse(parseJson(noted.body.toString())).data;
    });
  }

  /** An object appears whole or not at all. */
  async *temporaries(): AsyncGenerator<string> {
    // None.
  }

  async *#recordsBelow(
    start: string,
    since: Date,
    read: (name: string) => Promise<ResultRecord | undefined>,
  ): AsyncGenerator<ResultRecord> {
    let after: string | undefined;
    for (;;) {
      const { objects, isLast } = await this.bucket.list(start, { after, limit: PAGE_OBJECTS });
      const stored = objects.filter(({ changedAt }) => changedAt >= since);
      for (let from = 0; from < stored.length; from += RECORDS_AT_ONCE) {
        const batch = stored.slice(from, from + RECORDS_AT_ONCE);
        const records = await Promise.all(batch.map(({ name }) => read(name)));
        yield* records.filter((record) => record !== undefined);
      }
      after = objects.at(-1)?.name;
      if (isLast || after === undefined) return;
    }
  }
}

export interface S3StoreOptions {
  readonly worker: string;
  readonly sites: FolderSites;
}

/**
 * Writes each result and its record in one request. S3 answers when both are durable. Two workers
 * that store the same result are told apart by conditions on the request (`If-None-Match`,
 * `If-Match`); of a server that ignores them, {@link warnings} says so.
 */
export class S3Store extends S3Archive implements ResultStore {
  readonly #worker: string;
  readonly #sites: FolderSites;
  /** When each folder was last seen to be claimed for its site. */
  readonly #claimedAtMs = new Map<string, number>();
  readonly #warnings: string[] = [];
  #id = '';

  constructor(bucket: S3Bucket, { worker, sites }: S3StoreOptions) {
    super(bucket);
    this.#worker = worker;
    this.#sites = sites;
  }

  /** Reads or makes the id, and finds out whether the server obeys conditions. */
  async open(): Promise<void> {
    for (const folder of Object.keys(this.#sites)) await this.#requireOwnSite(folder);
    if ((await this.bucket.head(ID)) === undefined) {
      await this.bucket.put(ID, textBody(randomUUID()), { none: true });
    }
    this.#id = await this.#idThere();
    const isReplaced = await this.bucket.put(ID, textBody(this.#id), { none: true });
    if (isReplaced) {
      this.#warnings.push(
        `The server of ${this.bucket.name} ignores If-None-Match: of two workers that store the same result the later one counts, even where its answer is older`,
      );
    }
  }

  get id(): string {
    return this.#id;
  }

  get warnings(): readonly string[] {
    return this.#warnings;
  }

  async has(key: ResultKey): Promise<boolean> {
    return (await this.bucket.head(objectName(key))) !== undefined;
  }

  async version(key: ResultKey): Promise<ResultVersion | undefined> {
    return (await this.bucket.head(objectName(key)))?.etag;
  }

  async put(
    key: ResultKey,
    body: Uint8Array,
    facts: ResultFacts,
    { replacing }: PutOptions = {},
  ): Promise<'stored' | 'superseded'> {
    await this.#claim(key.folder);
    const name = objectName(key);
    const digest = createHash('sha256').update(body).digest();
    const metadata = toMetadata({ ...facts, sha256: digest.toString('hex'), worker: this.#worker });
    const isStored = await this.bucket.put(
      name,
      {
        text: body,
        contentType: contentTypeOf(key.file),
        metadata,
        sha256: digest.toString('base64'),
      },
      replacing === undefined ? undefined : conditionOf(replacing.version),
    );
    if (isStored || (await this.#isOwn(name, metadata))) return 'stored';
    return 'superseded';
  }

  /** As an object of its own: S3 cannot append to a journal. */
  async remove(key: ResultKey): Promise<void> {
    await this.bucket.delete(objectName(key));
  }

  async note(key: ResultKey, facts: ResultFacts, outcome: Outcome): Promise<void> {
    await this.#claim(key.folder);
    const record = { key: keyText(key), outcome, bytes: 0, worker: this.#worker, ...facts };
    await this.bucket.put(`${JOURNAL}${objectName(key)}`, textBody(JSON.stringify(record)));
  }

  async probe(): Promise<void> {
    await this.bucket.put(ID, textBody(this.#id), { none: true });
  }

  async close(): Promise<void> {
    await this.bucket.close();
  }

  /** Whether a write whose answer was lost had come to its end: the second attempt finds the first. */
  async #isOwn(name: string, metadata: Readonly<Record<string, string>>): Promise<boolean> {
    const there = await this.bucket.head(name);
    return (
      there !== undefined &&
      Object.entries(metadata).every(([field, value]) => there.metadata[field] === value)
    );
  }

  async #idThere(): Promise<string> {
    const found = await this.bucket.get(ID);
    if (found !== undefined) return found.body.toString().trim();
    throw new StoreUnavailableError(
      'NoSuchKey',
      `Cannot read what was written to ${this.bucket.name}`,
    );
  }

  /** Claims a folder for its site, before a result is stored there. */
  async #claim(folder: string): Promise<void> {
    const site = this.#sites[folder];
    const nowMs = performance.now();
    const seenAtMs = this.#claimedAtMs.get(folder) ?? Number.NEGATIVE_INFINITY;
    if (site === undefined || nowMs - seenAtMs < CLAIM_FRESH_MS) return;
    try {
      // Not put again where it is there: servers that ignore If-None-Match would write it under readers.
      if (!(await this.#requireOwnSite(folder))) {
        await this.bucket.put(`${SITES}${folder}`, textBody(site), { none: true });
        await this.#requireOwnSite(folder);
      }
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      throw new StoreUnavailableError('other-site', error.message, { cause: error });
    }
    this.#claimedAtMs.set(folder, nowMs);
  }

  /** Whether the folder is claimed for its site; throws where it is for another. */
  async #requireOwnSite(folder: string): Promise<boolean> {
    const site = this.#sites[folder];
    const claim = await this.bucket.get(`${SITES}${folder}`);
    if (site === undefined || claim === undefined) return false;
    const claimed = claim.body.toString().trim();
    if (claimed === site) return true;
    // An empty one is being written: servers that ignore If-None-Match may show that, too.
    if (claimed === '') return false;
    const isOld = Date.now() - claim.head.changedAt.getTime() > LEFT_BEHIND_AFTER_MS;
    const { objects } = await this.bucket.list(`${folder}/`, { limit: 1 });
    if (!isOld || objects.length > 0) throw otherSite(this.bucket.name, folder, claimed, site);
    await this.bucket.delete(`${SITES}${folder}`);
    return false;
  }
}

function objectName(key: ResultKey): string {
  return keyText(checkedKey(key));
}

function textBody(text: string) {
  return { text: `${text}\n`, contentType: 'text/plain; charset=utf-8' };
}

function conditionOf(version: ResultVersion | undefined): WriteCondition {
  return version === undefined ? { none: true } : { etag: version };
}

type StoredFacts = ResultFacts & { readonly sha256: string; readonly worker: string };

/** Header names are not case sensitive, and values are ASCII: URLs and names of workers are. */
function toMetadata(facts: StoredFacts): Record<string, string> {
  return {
    url: facts.url.slice(0, URL_LENGTH_MAX),
    status: String(facts.status),
    'fetched-at': facts.fetchedAt,
    'duration-ms': String(facts.durationMs),
    attempt: String(facts.attempt),
    run: facts.run,
    kind: facts.kind,
    worker: facts.worker,
    sha256: facts.sha256,
  };
}

/** Undefined for an object that another program put there. */
function recordOf(name: string, { bytes, metadata }: ObjectHead): ResultRecord | undefined {
  return ResultRecord.safeParse({
    key: name,
    outcome: 'stored',
    bytes,
    url: metadata['url'],
    status: Number(metadata['status']),
    fetchedAt: metadata['fetched-at'],
    durationMs: Number(metadata['duration-ms']),
    attempt: Number(metadata['attempt']),
    run: metadata['run'] ?? '',
    kind: metadata['kind'],
    worker: metadata['worker'],
    sha256: metadata['sha256'],
  }).data;
}
