/**
 * Fetches the picture that a comic's record names, in twice the size where there is one. A record
 * that is not kept yet is fetched first, and kept like any other.
 */

import { JobFailure } from '../../shared/base/outcome.js';
import type { Fetched } from '../../shared/fetch/answer.js';
import { type ComicInput, ComicOutput } from '../../shared/kinds/comic.js';
import {
  hasPicture,
  largeFile,
  PICTURE_EXTENSIONS,
  pictureExtension,
} from '../../shared/kinds/picture.js';
import type { ResultKey } from '../../shared/store/result-key.js';
import { comicKey, requireComic } from './comic.js';
import {
  type Answer,
  type Handler,
  type HandlerContext,
  KEPT,
  notFound,
  stored,
} from './handler.js';

type Context = HandlerContext<ComicInput>;

export const handler: Handler<'picture'> = async (input, context) => {
  if (await isKept(input, context)) return KEPT;
  const found = await findRecord(input, context.ofRecords());
  const answer = await pictureAnswer(input, found, context);
  return {
    ...answer,
    fetchMs: found.fetchMs + answer.fetchMs,
    status: answer.status || found.status,
  };
};

/** What its record says, and the fetch that took; status 0 where it was kept. */
interface FoundRecord {
  /** Undefined where the site has no such comic. */
  readonly img: string | undefined;
  readonly fetchMs: number;
  readonly status: number;
}

async function findRecord(input: ComicInput, comics: Context): Promise<FoundRecord> {
  const key = comicKey(input);
  const kept = (await comics.isKept(key)) ? keptImg(await comics.read(key)) : undefined;
  if (kept !== undefined) return { img: kept, fetchMs: 0, status: 0 };
  const fetched = await comics.fetch(input);
  const { status, durationMs: fetchMs } = fetched;
  if (status === 404) {
    await comics.noteMissing(key, fetched);
    return { img: undefined, fetchMs, status };
  }
  const { img } = requireComic(fetched, input);
  await comics.store(key, fetched);
  return { img, fetchMs, status };
}

/** Undefined for a file that has come to harm: `verify` tells of it, and the site is asked. */
function keptImg(body: Buffer | undefined): string | undefined {
  try {
    return ComicOutput.parse(JSON.parse(body?.toString() ?? '')).img;
  } catch {
    return undefined;
  }
}

async function pictureAnswer(
  input: ComicInput,
  { img }: FoundRecord,
  context: Context,
): Promise<Answer> {
  if (img === undefined) return { ...KEPT, reason: 'not-found' };
  if (!hasPicture(img)) return { ...KEPT, reason: 'no-picture' };
  const file = context.fileOf(img);
  if (file === undefined) throw new JobFailure('other-host', `its picture is ${img}`);
  const fetched = await fetchLargest(input, file, context);
  if (fetched.status === 404) {
    const [extension = ''] = /[^.]*$/.exec(file) ?? [];
    return notFound(pictureKey(input, extension), fetched, context);
  }
  const extension = extensionOf(fetched);
  await context.store(pictureKey(input, extension), fetched);
  // Of a picture that was fetched again, and is of another type now.
  for (const other of PICTURE_EXTENSIONS) {
    if (other !== extension) await context.discard(pictureKey(input, other), fetched);
  }
  return stored(fetched);
}

/** What is no picture, or more than a worker takes, does not stand for the smaller one. */
async function fetchLargest({ id }: ComicInput, file: string, context: Context): Promise<Fetched> {
  const large = largeFile(id, file);
  if (large === undefined) return context.fetchFile(file);
  const fetched = await context.fetchFile(large).catch((error: unknown) => {
    if (error instanceof JobFailure && error.reason === 'too-large') return undefined;
    throw error;
  });
  if (fetched !== undefined && pictureExtension(fetched.body) !== undefined) return fetched;
  const small = await context.fetchFile(file);
  return { ...small, durationMs: small.durationMs + (fetched?.durationMs ?? 0) };
}

function extensionOf({ status, body, contentType }: Fetched): string {
  if (status !== 200) throw new JobFailure('unexpected-status', `HTTP ${status}`);
  if (body.length === 0) throw new JobFailure('empty-body', 'no bytes at all');
  const extension = pictureExtension(body);
  if (extension === undefined) throw new JobFailure('not-picture', `content type "${contentType}"`);
  return extension;
}

/** Which extension a kept picture has is not known before: nearly all are the first. */
async function isKept(input: ComicInput, context: Context): Promise<boolean> {
  const [first = '', ...others] = PICTURE_EXTENSIONS;
  if (await context.isKept(pictureKey(input, first))) return true;
  const kept = others.map((extension) => context.isKept(pictureKey(input, extension)));
  return (await Promise.all(kept)).includes(true);
}

function pictureKey({ id }: ComicInput, extension: string): ResultKey {
  return { folder: 'pictures', file: `${id}.${extension}` };
}
