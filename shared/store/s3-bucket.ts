/** A bucket of S3 or of a server that speaks its protocol: requests, limits and what errors mean. */

import type * as Sdk from '@aws-sdk/client-s3';
import { CommandError, errorCode, errorText, EXIT, StoreUnavailableError } from '../base/errors.js';
import { safeText } from '../base/safe-text.js';

/** Of one request; the SDK makes up to {@link ATTEMPTS}. */
const CONNECT_TIMEOUT_MS = 5000;
const REQUEST_TIMEOUT_MS = 15_000;
const ATTEMPTS = 4;

/** More than a worker has jobs at once by default; the rest wait for a connection. */
const CONNECTIONS_MAX = 200;

/** Where results are: `s3://bucket/prefix?endpoint=…&region=…&path-style=yes`. */
export interface S3Location {
  readonly bucket: string;
  /** Empty, or with a slash at its end. */
  readonly prefix: string;
  /** The rest is what the SDK's own chain says: environment, profile, role of the machine or pod. */
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly pathStyle: boolean;
}

/** On what condition an object is written: that there is none, or that it is still this one. */
export type WriteCondition = { readonly none: true } | { readonly etag: string };

export interface ObjectHead {
  readonly etag: string;
  readonly bytes: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly changedAt: Date;
}

export interface ObjectPage {
  readonly objects: readonly { name: string; bytes: number; changedAt: Date }[];
  /** The names up to the next slash, where a delimiter was asked for. */
  readonly folders: readonly string[];
  readonly isLast: boolean;
}

interface ObjectBody {
  readonly text: Uint8Array | string;
  readonly contentType: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** In Base64: the server refuses a body that was damaged on its way. */
  readonly sha256?: string;
}

/**
 * Reads `s3://bucket/prefix`.
 *
 * @throws CommandError (badConfig) that says what is wrong with it.
 */
export function parseS3Location(text: string, env: NodeJS.ProcessEnv = process.env): S3Location {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === '') throw refused(text, 'it names no bucket');
  if (url.username !== '' || url.password !== '') {
    throw refused(`s3://${url.host}`, 'credentials come from the environment, a profile or a role');
  }
  for (const name of url.searchParams.keys()) {
    if (!PARAMETERS.has(name)) throw refused(text, `${safeText(name)} means nothing here`);
  }
  const endpoint = url.searchParams.get('endpoint') ?? undefined;
  if (endpoint !== undefined && !URL.canParse(endpoint)) {
    throw refused(text, 'its endpoint is no URL');
  }
  const pathStyle = url.searchParams.get('path-style') ?? undefined;
  if (pathStyle !== undefined && pathStyle !== 'yes' && pathStyle !== 'no') {
    throw refused(text, 'path-style is yes or no');
  }
  const prefix = decodeURIComponent(url.pathname).replaceAll(/^\/+|\/+$/g, '');
  const elsewhere = endpoint ?? env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'];
  return {
    bucket: url.hostname,
    prefix: prefix === '' ? '' : `${prefix}/`,
    endpoint,
    region: url.searchParams.get('region') ?? undefined,
    // Few servers besides AWS have a name in DNS for each bucket.
    pathStyle: pathStyle === undefined ? elsewhere !== undefined : pathStyle === 'yes',
  };
}

const PARAMETERS: ReadonlySet<string> = new Set(['endpoint', 'region', 'path-style']);

function refused(text: string, why: string): CommandError {
  const form = 's3://bucket/prefix?region=…&endpoint=…&path-style=yes';
  return new CommandError(
    EXIT.badConfig,
    `Cannot keep results in ${safeText(text)}: ${why}. The form is ${form}.`,
  );
}

/**
 * The objects below a prefix, by their names after it. Every method rejects with a
 * `StoreUnavailableError` when the server does not do what it was asked after {@link ATTEMPTS}.
 */
export class S3Bucket {
  readonly #location: S3Location;
  #opened: Promise<OpenedClient> | undefined;

  constructor(location: S3Location) {
    this.#location = location;
  }

  /** As a person types it, without the parameters. */
  get name(): string {
    const { bucket, prefix } = this.#location;
    return `s3://${bucket}/${prefix}`.replace(/\/$/, '');
  }

  async head(name: string): Promise<ObjectHead | undefined> {
    const answer = await this.#ask('read', name, ({ client, sdk }, target) =>
      client.send(new sdk.HeadObjectCommand(target)),
    );
    return answer === undefined ? undefined : headOf(answer);
  }

  async get(name: string): Promise<{ head: ObjectHead; body: Buffer } | undefined> {
    return this.#ask('read', name, async ({ client, sdk }, target) => {
      const answer: Sdk.GetObjectCommandOutput = await client.send(
        new sdk.GetObjectCommand(target),
      );
      const bytes = await answer.Body?.transformToByteArray();
      return { head: headOf(answer), body: Buffer.from(bytes ?? []) };
    });
  }

  /** Writes an object; false when the condition does not hold. */
  async put(name: string, body: ObjectBody, condition?: WriteCondition): Promise<boolean> {
    const written = await this.#ask('write', name, async ({ client, sdk }, target) => {
      try {
        await client.send(new sdk.PutObjectCommand({ ...target, ...putInput(body, condition) }));
        return true;
      } catch (error) {
        if (condition !== undefined && isConflict(error)) return false;
        throw error;
      }
    });
    // Where the object that it was to replace is gone, S3 answers 404: the condition does not hold.
    return written ?? false;
  }

  async delete(name: string): Promise<void> {
    await this.#ask('delete', name, ({ client, sdk }, target) =>
      client.send(new sdk.DeleteObjectCommand(target)),
    );
  }

  /** Lists names that begin with `start`, bytewise, after the name `after`. */
  async list(
    start: string,
    options: { readonly after?: string | undefined; limit: number; delimiter?: '/' },
  ): Promise<ObjectPage> {
    const { prefix } = this.#location;
    const answer = await this.#ask('list', start, ({ client, sdk }, { Bucket }) =>
      client.send(
        new sdk.ListObjectsV2Command({
          Bucket,
          Prefix: `${prefix}${start}`,
          StartAfter: options.after === undefined ? undefined : `${prefix}${options.after}`,
          MaxKeys: options.limit,
          Delimiter: options.delimiter,
        }),
      ),
    );
    const objects = (answer?.Contents ?? []).map(({ Key = '', Size = 0, LastModified }) => ({
      name: Key.slice(prefix.length),
      bytes: Size,
      changedAt: LastModified ?? new Date(0),
    }));
    const folders = (answer?.CommonPrefixes ?? []).map(({ Prefix = '' }) =>
      Prefix.slice(prefix.length, -1),
    );
    return { objects, folders, isLast: answer?.IsTruncated !== true };
  }

  async close(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    opened?.client.destroy();
  }

  /** Undefined where there is no such object. */
  async #ask<Answer>(
    verb: 'read' | 'write' | 'delete' | 'list',
    name: string,
    request: (opened: OpenedClient, target: { Bucket: string; Key: string }) => Promise<Answer>,
  ): Promise<Answer | undefined> {
    this.#opened ??= openClient(this.#location);
    const opened = await this.#opened;
    const { bucket, prefix } = this.#location;
    try {
      return await request(opened, { Bucket: bucket, Key: `${prefix}${name}` });
    } catch (error) {
      if (statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket') return undefined;
      throw this.#failure(verb, name, error);
    }
  }

  #failure(verb: string, name: string, error: unknown): StoreUnavailableError {
    const code = nameOf(error);
    const status = statusOf(error);
    const text = safeText(errorText(error), 200);
    const said = text === 'Region is missing' ? NO_REGION : (MEANING[code] ?? text);
    const answer = status === undefined ? code : `${code}, status ${status}`;
    const what = `Cannot ${verb} ${this.name}/${safeText(name)}: ${said} (${answer})`;
    return new StoreUnavailableError(code, what, { cause: error });
  }
}

const NO_REGION = 'no region is set: add ?region=… to the location, or set AWS_REGION';

const MEANING: Readonly<Record<string, string>> = {
  NoSuchBucket: 'there is no such bucket',
  AccessDenied: 'the credentials do not allow it',
  CredentialsProviderError: 'no credentials were found in the environment, a profile or a role',
  SlowDown: 'the server asks for fewer requests',
  TimeoutError: 'the server did not answer in time',
};

interface OpenedClient {
  readonly client: Sdk.S3Client;
  readonly sdk: typeof Sdk;
}

async function openClient(location: S3Location): Promise<OpenedClient> {
  const sdk = await loadSdk();
  const { endpoint, region, pathStyle } = location;
  const agent = { maxSockets: CONNECTIONS_MAX, keepAlive: true };
  const client = new sdk.S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    forcePathStyle: pathStyle,
    maxAttempts: ATTEMPTS,
    // Trailers with checksums are what most other servers do not know.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
  });
  return { client, sdk };
}

/** The SDK is an optional peer: 22 MB that only those need who keep their results in S3. */
async function loadSdk(): Promise<OpenedClient['sdk']> {
  // It would write a warning of several lines between ours wherever Node is as old as our floor.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  try {
    return await import('@aws-sdk/client-s3');
  } catch (error) {
    const message =
      'Results in S3 need the AWS SDK, which is not installed: npm install @aws-sdk/client-s3';
    throw new CommandError(EXIT.badConfig, message, { cause: error });
  }
}

function putInput(body: ObjectBody, condition: WriteCondition | undefined) {
  return {
    Body: body.text,
    ContentType: body.contentType,
    Metadata: body.metadata,
    ChecksumSHA256: body.sha256,
    IfNoneMatch: condition !== undefined && 'none' in condition ? '*' : undefined,
    IfMatch: condition !== undefined && 'etag' in condition ? condition.etag : undefined,
  };
}

function headOf(answer: {
  ETag?: string | undefined;
  ContentLength?: number | undefined;
  Metadata?: Record<string, string> | undefined;
  LastModified?: Date | undefined;
}): ObjectHead {
  return {
    etag: answer.ETag ?? '',
    bytes: answer.ContentLength ?? 0,
    metadata: answer.Metadata ?? {},
    changedAt: answer.LastModified ?? new Date(0),
  };
}

/** 412: the condition does not hold; 409: another write with a condition came first. */
function isConflict(error: unknown): boolean {
  const status = statusOf(error);
  return status === 412 || status === 409;
}

function statusOf(error: unknown): number | undefined {
  return isServiceError(error) ? error.$metadata.httpStatusCode : undefined;
}

function nameOf(error: unknown): string {
  return errorCode(error) ?? (error instanceof Error ? error.name : 'Error');
}

function isServiceError(error: unknown): error is Sdk.S3ServiceException {
  return error instanceof Error && '$metadata' in error;
}
