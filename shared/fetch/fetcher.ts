/** Fetching one resource politely and safely, on got. */

import type { IncomingMessage } from 'node:http';
import type { Options, PlainResponse, Request, RequestFunction } from 'got';
import { JobFailure } from '../base/outcome.js';
import { safeUrl } from '../base/safe-text.js';
import {
  decodeBody,
  type Fetched,
  isAnswer,
  isRedirect,
  redirectFailure,
  refusal,
} from './answer.js';
import { blockPageOf } from './block-page.js';
import { type Ask, createClient, FETCH_LIMITS, type FetchLimits } from './client.js';
import { isStale, requestFailure } from './failure.js';

export interface FetcherOptions {
  /** Names the project and a contact, so that a site's owner knows whom to ask. */
  readonly userAgent: string;
  /** The most connections to one host, and how many stay open for reuse. */
  readonly connectionsMax: number;
  readonly limits?: Partial<FetchLimits>;
}

export interface FetchOptions {
  readonly signal: AbortSignal;
  /** Instead of the fetcher's own limit of a body. */
  readonly bodyBytesMax?: number | undefined;
  /**
   * Called before a redirect is followed, which is one request more; what it throws ends the fetch. The
   * time that it takes does not count.
   */
  readonly beforeRedirect?: (() => Promise<void>) | undefined;
}

export interface Fetcher {
  /**
   * Fetches `url` with GET, within the limits, without retries and without waiting for the site.
   *
   * @returns a 2xx answer with its body, or a 404 without: whether that means "missing" is the
   *   caller's to say.
   * @throws {JobFailure} for everything else that a site or the network can do.
   * @throws {TypeError} for a URL that may not be fetched: configuration should have refused it.
   * @throws the signal's reason, as it is, when it aborts.
   */
  get(url: string, options: FetchOptions): Promise<Fetched>;
  /** Closes idle connections. Fetches still under way fail. */
  close(): void;
}

/** Makes a fetcher with its own connections. Holds no timers or sockets until it is used. */
export function createFetcher(options: FetcherOptions): Fetcher {
  const limits = { ...FETCH_LIMITS, ...options.limits };
  const client = createClient({ ...options, limits });
  const deps = { limits, signals: new SharedSignals() };
  return {
    get: (url, { signal, bodyBytesMax = limits.bodyBytesMax, beforeRedirect }) =>
      new Promise((resolve, reject) => {
        const own = { bodyBytesMax, beforeRedirect, resolve, reject };
        const fetch = new Fetch(url, signal, { ...deps, ...own });
        client.ask.then((ask) => fetch.start(ask)).catch((error: unknown) => fetch.fail(error));
      }),
    close: () => client.close(),
  };
}

interface FetchDeps {
  readonly limits: FetchLimits;
  readonly bodyBytesMax: number;
  readonly beforeRedirect: FetchOptions['beforeRedirect'];
  readonly signals: SharedSignals;
  readonly resolve: (fetched: Fetched) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One fetch, from its request through redirects to the decoded answer: of whatever may end it, the
 * answer, an error, the deadline or the caller's signal, the first counts.
 */
class Fetch {
  readonly #deps: FetchDeps;
  readonly #signal: AbortSignal;
  readonly #startMs = performance.now();
  #deadline: NodeJS.Timeout;
  /** For how long redirects have waited to be followed. */
  #waitedMs = 0;
  /** Answers that redirected us: got lets them run on. */
  readonly #redirects: IncomingMessage[] = [];
  readonly #body = new Body();
  readonly #url: string;
  #request: Request | undefined;
  /** Sends a request: got hands what stands in for it on to the next redirect. */
  #send: RequestFunction | undefined;
  #answer: PlainResponse | undefined;
  /** What its connection had carried when the answer began. */
  #carriedBefore = 0;
  #isOver = false;

  constructor(url: string, signal: AbortSignal, deps: FetchDeps) {
    this.#url = url;
    this.#signal = signal;
    this.#deps = deps;
    this.#deadline = this.#startDeadline();
    deps.signals.add(signal, this.#onAbort);
    if (signal.aborted) this.#onAbort();
  }

  start(ask: Ask): void {
    if (!this.#isOver) this.#ask(ask, true);
  }

  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#end();
    if (this.#request?.readableEnded === false) this.#request.destroy();
    this.#deps.reject(error instanceof JobFailure ? error.withFacts(this.#facts()) : error);
  }

  /** A reused connection may turn out to be dead: `mayRepeat` allows to ask once more, at once. */
  #ask(ask: Ask, mayRepeat: boolean): void {
    const request = ask(this.#url);
    this.#request = request;
    request.on('redirect', (next: Options, answer: PlainResponse) => this.#follow(next, answer));
    request.on('response', (answer: PlainResponse) => this.#begin(answer));
    request.on('data', (chunk: Buffer) => this.#take(chunk));
    request.on('end', () => this.#finish());
    request.on('upgrade', () => this.fail(new JobFailure('connection', 'another protocol')));
    request.on('error', (error) => {
      const hasHead = this.#answer !== undefined;
      const isDead = request.reusedSocket === true && !hasHead && isStale(error);
      if (isDead && mayRepeat && !this.#isOver) this.#ask(ask, false);
      else this.fail(requestFailure(error, hasHead));
    });
  }

  #startDeadline(): NodeJS.Timeout {
    const { deadlineMs } = this.#deps.limits;
    const late = (): JobFailure => new JobFailure('timeout', `no whole answer in ${deadlineMs} ms`);
    return setTimeout(() => this.fail(late()), deadlineMs - this.#tookMs());
  }

  #tookMs(): number {
    return performance.now() - this.#startMs - this.#waitedMs;
  }

  #follow(next: Options, answer: PlainResponse): void {
    this.#redirects.push(answer);
    const { beforeRedirect } = this.#deps;
    this.#send ??= next.request;
    const send = this.#send;
    if (beforeRedirect === undefined || send === undefined) return;
    next.request = async (...args) => {
      clearTimeout(this.#deadline);
      const sinceMs = performance.now();
      await beforeRedirect();
      if (this.#isOver) throw new Error('the fetch is over');
      this.#waitedMs += performance.now() - sinceMs;
      this.#deadline = this.#startDeadline();
      const sent = await send(...args);
      if (sent === undefined) throw new TypeError('no request was made');
      return sent;
    };
  }

  /** What is no answer is known by its head: its body may then be cut, endless or late. */
  #begin(answer: PlainResponse): void {
    const { statusCode: status, headers } = answer;
    this.#answer = answer;
    this.#carriedBefore = carriedOver(answer);
    const block = blockPageOf({ headers });
    if (this.#isOver || (isAnswer(status) && block === undefined)) return;
    if (this.#request !== undefined) discard(this.#request);
    if (status === 404 && block === undefined) {
      this.#succeed(answer, this.#body.bytes());
      return;
    }
    this.#end();
    const { redirectsMax } = this.#deps.limits;
    const blocked = block === undefined ? undefined : new JobFailure(block, `status ${status}`);
    const failure = isRedirect(answer) ? redirectFailure(answer, redirectsMax) : undefined;
    const refused = blocked ?? failure ?? refusal(status, headers['retry-after']);
    this.#deps.reject(refused.withFacts(this.#facts()));
  }

  #take(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#body.add(chunk);
    const { bodyBytesMax } = this.#deps;
    const { length } = this.#body;
    if (length > bodyBytesMax) {
      this.fail(new JobFailure('too-large', `more than ${bodyBytesMax} bytes`));
    } else if (this.#answer !== undefined) {
      const carried = carriedOver(this.#answer) - this.#carriedBefore;
      if (carried > FRAMING_BYTES_FREE + FRAMING_MAX * length) {
        this.fail(new JobFailure('bad-framing', `${carried} bytes for ${length} in tiny chunks`));
      }
    }
  }

  #finish(): void {
    if (this.#isOver || this.#answer === undefined) return;
    const { headers } = this.#answer;
    const { bodyBytesMax } = this.#deps;
    try {
      const body = decodeBody(this.#body.bytes(), headers['content-encoding'], bodyBytesMax);
      this.#succeed(this.#answer, body);
    } catch (error) {
      this.fail(error);
    }
  }

  #succeed({ statusCode: status, headers }: PlainResponse, body: Buffer): void {
    this.#end();
    const contentType = headers['content-type'] ?? '';
    const { url, durationMs } = this.#facts();
    this.#deps.resolve({ status, url, body, contentType, durationMs });
  }

  #facts(): { status?: number; url: string; durationMs: number } {
    const status = this.#answer?.statusCode;
    // Got's is parsed already, and after a redirect it is the new one.
    const url = safeUrl(this.#request?.options.url ?? this.#url);
    const known = { url, durationMs: this.#tookMs() };
    return status === undefined ? known : { ...known, status };
  }

  /** Lets go of all that could end the fetch a second time. */
  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#deadline);
    this.#deps.signals.remove(this.#signal, this.#onAbort);
    for (const answer of this.#redirects) {
      if (!answer.complete) answer.destroy();
    }
  }

  readonly #onAbort = (): void => this.fail(this.#signal.reason);
}

/**
 * What a connection may carry for each byte of a body: chunks of under a dozen bytes take as much
 * processor time as large ones, and a megabyte of them would keep all other fetches waiting.
 */
const FRAMING_MAX = 1.5;
const FRAMING_BYTES_FREE = 64 * 1024;

/** The bytes that the connection of an answer has brought so far. */
function carriedOver({ socket }: IncomingMessage): number {
  return socket.bytesRead;
}

const NO_BYTES = Buffer.alloc(0);

/** A body as it comes in. One buffer that grows: a list of a million chunks of a byte took 400 MB. */
class Body {
  #buffer: Buffer = NO_BYTES;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(chunk: Buffer): void {
    const length = this.#length + chunk.length;
    // Most bodies are one chunk, which is not copied.
    if (this.#length === 0) this.#buffer = chunk;
    else {
      if (length > this.#buffer.length) this.#grow(2 * length);
      chunk.copy(this.#buffer, this.#length);
    }
    this.#length = length;
  }

  bytes(): Buffer {
    const isFull = this.#length === this.#buffer.length;
    return isFull ? this.#buffer : this.#buffer.subarray(0, this.#length);
  }

  #grow(size: number): void {
    const buffer = Buffer.allocUnsafeSlow(size);
    this.#buffer.copy(buffer, 0, 0, this.#length);
    this.#buffer = buffer;
  }
}

/** A body that is not wanted is read up to here, so that its connection can be used again. */
const DISCARDED_BYTES_MAX = 64 * 1024;
const DISCARDING_MS_MAX = 1_000;

function discard(request: Request): void {
  let byteCount = 0;
  const timer = setTimeout(() => request.destroy(), DISCARDING_MS_MAX);
  request.on('data', (chunk: Buffer) => {
    byteCount += chunk.length;
    if (byteCount > DISCARDED_BYTES_MAX) request.destroy();
  });
  request.once('end', () => clearTimeout(timer));
  request.once('close', () => clearTimeout(timer));
}

type OnAbort = () => void;

interface Watch {
  /** No set: its hash tables, once in V8's old space, keep every fetch that was in them for long. */
  readonly watchers: OnAbort[];
  readonly listener: OnAbort;
}

/**
 * One listener on a signal, whatever the number of fetches that share it: the jobs of a worker all
 * watch the same one, and a listener for each took 2 % of the processor time of a run. It goes with
 * the last fetch that watches.
 */
class SharedSignals {
  readonly #watches = new Map<AbortSignal, Watch>();

  /** Has `onAbort` called when the signal aborts, until it is removed. */
  add(signal: AbortSignal, onAbort: OnAbort): void {
    const known = this.#watches.get(signal);
    if (known === undefined) this.#watch(signal, [onAbort]);
    else known.watchers.push(onAbort);
  }

  remove(signal: AbortSignal, onAbort: OnAbort): void {
    const { watchers, listener } = this.#watches.get(signal) ?? {};
    const place = watchers?.indexOf(onAbort) ?? -1;
    const last = place < 0 ? undefined : watchers?.pop();
    if (watchers === undefined || listener === undefined || last === undefined) return;
    if (last !== onAbort) watchers[place] = last;
    if (watchers.length > 0) return;
    signal.removeEventListener('abort', listener);
    this.#watches.delete(signal);
  }

  #watch(signal: AbortSignal, watchers: OnAbort[]): void {
    const listener = (): void => {
      // Each takes itself out of the list.
      for (const onAbort of watchers.slice()) onAbort();
    };
    signal.addEventListener('abort', listener);
    this.#watches.set(signal, { watchers, listener });
  }
}
