/** A bare HTTP client and a started origin for the tests of this folder. */

import { Agent, get, request, type IncomingHttpHeaders } from 'node:http';
import { onTestFinished } from 'vitest';
import type { OriginInput } from '../../origin/options.js';
import { createOrigin, type Origin } from '../../origin/server.js';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** An origin that is stopped when the test ends. */
export async function startOrigin(options: OriginInput = {}): Promise<Origin> {
  const origin = createOrigin(options);
  await origin.start();
  onTestFinished(() => origin.stop());
  return origin;
}

/** One request over a connection of its own; rejects when the answer does not arrive whole. */
export function ask(origin: Origin, path: string, options: Ask = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asked = request(
      new URL(origin.url),
      { path, method: options.method ?? 'GET', headers: options.headers, agent: new Agent() },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            rawHeaders: response.rawHeaders,
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    asked.once('error', reject);
    asked.end(options.body);
  });
}

/** The parsed JSON body of a page. */
export async function askJson(origin: Origin, path: string, options: Ask = {}): Promise<unknown> {
  return JSON.parse((await ask(origin, path, options)).body.toString());
}

/** The beginning of a body, at least `bytes` long; the client leaves in its middle. */
export function askBeginning(origin: Origin, path: string, bytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const asked = get(`${origin.url}${path}`, (response) => {
      const chunks: Buffer[] = [];
      let received = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        received += chunk.length;
        if (received >= bytes) asked.destroy();
      });
      response.on('error', () => undefined);
      response.once('close', () => resolve(Buffer.concat(chunks)));
    });
    asked.once('error', reject);
  });
}
