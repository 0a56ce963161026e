/** Opens stores; the one place that knows which locations there are. */

import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureDirectory } from '../base/directory.js';
import { CommandError, EXIT, StoreUnavailableError } from '../base/errors.js';
import { safeText, safeUrl } from '../base/safe-text.js';
import { DirectoryArchive } from './archive.js';
import type { ResultArchive, ResultStore } from './result-store.js';
import { parseS3Location, S3Bucket } from './s3-bucket.js';
import { S3Archive, S3Store } from './s3-store.js';
import { DirectoryStore, type StoreOptions } from './store.js';
import { probeDirectory } from './temporary-files.js';
import { directoryFailure } from './whole-file.js';

const SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i;
const WORKER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/**
 * Opens a store for writing: a directory, a `file:` URL or `s3://bucket/prefix`, which is writable and
 * holds results of no other sites. Throws a {@link CommandError}: `cannotWrite`, or `badConfig` for
 * other sites and unknown kinds of locations.
 */
export async function openStore(location: string, options: StoreOptions): Promise<ResultStore> {
  if (!WORKER.test(options.worker)) {
    throw new TypeError(`Cannot name a journal after the worker ${safeText(options.worker)}`);
  }
  return isS3(location) ? openS3Store(location, options) : openDirectoryStore(location, options);
}

async function openS3Store(location: string, options: StoreOptions): Promise<ResultStore> {
  const store = new S3Store(new S3Bucket(parseS3Location(location)), options);
  try {
    await store.open();
    return store;
  } catch (error) {
    await store.close();
    throw cannotWrite(error, 'Check the bucket, its endpoint and the credentials');
  }
}

async function openDirectoryStore(location: string, options: StoreOptions): Promise<ResultStore> {
  const root = directoryOf(location);
  try {
    await ensureDirectory(root);
    const store = new DirectoryStore(await realpath(root), options);
    await store.probe();
    store.cleanUp();
    return store;
  } catch (error) {
    const failure = directoryFailure(error, root);
    const code = failure instanceof StoreUnavailableError ? failure.code : '';
    const isInTheWay = code === 'ENOTDIR' || code === 'EEXIST';
    throw cannotWrite(
      failure,
      isInTheWay ? 'Put a directory or a mount there' : 'Make it writable',
    );
  }
}

/** Opens a store for reading. It need not exist yet. */
export function openArchive(location: string): ResultArchive {
  if (isS3(location)) return new S3Archive(new S3Bucket(parseS3Location(location)));
  return new DirectoryArchive(directoryOf(location));
}

/**
 * Does what storing a result does, at any location, and resolves with what an operator should know
 * about it. Throws a {@link CommandError} as {@link openStore} does.
 */
export async function probeLocation(location: string): Promise<readonly string[]> {
  if (isS3(location)) {
    const store = await openS3Store(location, { worker: 'probe', durability: 'full', sites: {} });
    await store.close();
    return store.warnings;
  }
  await probeDirectory(directoryOf(location));
  return [];
}

/** Where the results of a folder are, for people. */
export function placeOf(location: string, folder: string): string {
  const root = isS3(location) ? new S3Bucket(parseS3Location(location)).name : location;
  return `${root}/${folder}`;
}

function isS3(location: string): boolean {
  return schemeOf(location) === 's3';
}

function schemeOf(location: string): string | undefined {
  return SCHEME.exec(location)?.[1]?.toLowerCase();
}

function directoryOf(location: string): string {
  const scheme = schemeOf(location);
  if (scheme === undefined) return resolve(location);
  if (scheme === 'file') return fileURLToPath(location);
  const shown = safeText(safeUrl(location));
  const message = `Cannot keep results in ${shown}: only a directory, a file: URL or s3://bucket/prefix is known`;
  throw new CommandError(EXIT.badConfig, message);
}

function cannotWrite(failure: unknown, advice: string): unknown {
  if (!(failure instanceof StoreUnavailableError)) return failure;
  if (failure.cause instanceof CommandError) return failure.cause;
  const message = `${failure.message}. ${advice}, or give another place with --out.`;
  return new CommandError(EXIT.cannotWrite, message, { cause: failure });
}
