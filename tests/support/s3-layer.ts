/**
 * A layer in front of s3rver for what it lacks, whole reads beside writes and conditions on writes, and
 * for trouble on demand.
 */

import { randomBytes } from 'node:crypto';
import { type IncomingMessage, request, createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished, vi } from 'vitest';
import { deferred } from '../../shared/base/wait.js';
import { S3_BUCKET, S3_CREDENTIALS, type S3rver } from './s3rver.js';

/** What the next requests of a method meet instead of an answer. */
export interface Trouble {
  readonly method: string;
  /** `lost`: the request is carried out, its answer is not sent. */
  readonly kind: 'slow-down' | 'denied' | 'lost' | 'reset';
  times: number;
}

export interface S3Server {
  /** `s3://results/<prefix>?endpoint=…`, for `--out`. */
  readonly location: string;
  readonly prefix: string;
  readonly endpoint: string;
  /** Method and path of each request that arrived. */
  readonly requests: string[];
  readonly troubles: Trouble[];
}

/**
 * A layer in front of the server, gone when the test is over. `obeys` conditions unless told not to, and
 * listens on an `address` of this machine.
 */
export async function layerOver(
  { port }: S3rver,
  { obeys = true, address = '127.0.0.1' } = {},
): Promise<S3Server> {
  for (const [variable, value] of Object.entries(S3_CREDENTIALS)) vi.stubEnv(variable, value);
  const layer = new Layer(port, obeys);
  const server = createServer((incoming, answer) => void layer.handle(incoming, answer));
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const endpoint = `http://${address}:${(server.address() as AddressInfo).port}`;
  const { requests, troubles } = layer;
  const prefix = randomBytes(6).toString('hex');
  const location = `s3://${S3_BUCKET}/${prefix}?endpoint=${endpoint}&region=us-east-1`;
  return { location, prefix, endpoint, requests, troubles };
}

class Layer {
  readonly requests: string[] = [];
  readonly troubles: Trouble[] = [];
  readonly #port: number;
  readonly #obeys: boolean;
  /**
   * The last request for each object: they are carried out one after another, for s3rver writes an
   * object in place, and a read beside that gets half of it with the length of the other half.
   */
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(port: number, obeys: boolean) {
    this.#port = port;
    this.#obeys = obeys;
  }

  async handle(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { method = '', url = '' } = incoming;
    this.requests.push(`${method} ${url.split('?')[0] ?? ''}`);
    const trouble = this.troubles.find((one) => one.method === method && one.times > 0);
    if (trouble !== undefined) trouble.times -= 1;
    if (trouble?.kind === 'reset') incoming.socket.destroy();
    else if (trouble?.kind === 'slow-down') refuse(incoming, answer, 503, 'SlowDown');
    else if (trouble?.kind === 'denied') refuse(incoming, answer, 403, 'AccessDenied');
    else await this.#carryOut(incoming, answer, trouble?.kind === 'lost');
  }

  async #carryOut(incoming: IncomingMessage, answer: ServerResponse, lost: boolean): Promise<void> {
    const path = incoming.url?.split('?')[0] ?? '';
    const before = this.#last.get(path);
    const own = deferred<undefined>();
    this.#last.set(path, own.promise);
    await before;
    const refusal = await this.#refusalOf(incoming, path);
    if (refusal === undefined) await this.#pass(incoming, answer, lost);
    else refuse(incoming, answer, refusal.status, refusal.code);
    own.resolve(undefined);
  }

  /** What the condition of a write is answered when it does not hold. */
  async #refusalOf(
    { headers, method }: IncomingMessage,
    path: string,
  ): Promise<{ status: number; code: string } | undefined> {
    const condition = headers['if-match'] ?? headers['if-none-match'];
    if (!this.#obeys || method !== 'PUT' || condition === undefined) return;
    const there = await this.#etagOf(path);
    const mayWrite = headers['if-match'] === undefined ? there === undefined : there === condition;
    if (mayWrite) return undefined;
    if (there === undefined) return { status: 404, code: 'NoSuchKey' };
    return { status: 412, code: 'PreconditionFailed' };
  }

  #etagOf(path: string): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      request({ port: this.#port, host: '127.0.0.1', method: 'HEAD', path })
        .on('response', (found) => {
          found.resume();
          resolve(found.statusCode === 200 ? found.headers.etag : undefined);
        })
        .on('error', reject)
        .end();
    });
  }

  #pass(incoming: IncomingMessage, answer: ServerResponse, isLost: boolean): Promise<void> {
    const { method, url, headers } = incoming;
    return new Promise((resolve, reject) => {
      const onward = request({
        port: this.#port,
        host: '127.0.0.1',
        method,
        path: url,
        headers,
      });
      onward.on('error', reject).on('response', (found) => {
        if (isLost) incoming.socket.destroy();
        else answer.writeHead(found.statusCode ?? 500, found.headers);
        found.on('end', resolve);
        // Who asked may be gone before the end.
        answer.on('close', resolve);
        if (isLost) found.resume();
        else found.pipe(answer);
      });
      incoming.pipe(onward);
    });
  }
}

function refuse(
  incoming: IncomingMessage,
  answer: ServerResponse,
  status: number,
  code: string,
): void {
  incoming.resume();
  answer.writeHead(status, { 'content-type': 'application/xml' });
  answer.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}
