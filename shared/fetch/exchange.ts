/** One request and its answer, within limits. */

import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { errorCode, JobFailure } from '../base/errors.js';
import { connectionFailure, PrematureCloseError } from './connection-failure.js';
import { type Connections } from './connections.js';
import { type Interruption } from './interruption.js';
import { isAnswer } from './status.js';

/** What came back, before anything is made of it. */
export interface Exchanged {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As sent, still compressed. Empty unless the status is an answer's. */
  readonly raw: Buffer;
}

/** A reused connection turned out to be dead, or full of another answer's rest: ask once more. */
export class StaleConnectionError extends Error {
  override readonly name = 'StaleConnectionError';
  /** What to throw when it happens again. */
  readonly failure: unknown;

  constructor(failure: unknown) {
    super('The site had closed the connection');
    this.failure = failure;
  }
}

/** A body that nobody wants is taken in up to here, so that its connection can be used again. */
const DISCARDED_BYTES_MAX = 64 * 1024;
const DISCARDING_MS_MAX = 1_000;

const STALE = /^(?:ECONNRESET|EPIPE|HPE_.*)$/;

/**
 * Asks for `url` and reads the answer. Rejects with a `JobFailure` when that breaks or is longer
 * than `bytesMax` (never holding more than that and one chunk), with {@link StaleConnectionError},
 * or with what `interruption` says when that comes first.
 */
export function exchange(
  connections: Connections,
  url: URL,
  bytesMax: number,
  interruption: Interruption,
): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const request = connections.request(url);
    const intake = new Intake({ request, bytesMax }, { resolve, reject });
    request.on('response', (answer) => intake.begin(answer));
    request.on('error', (error) => intake.break(error));
    request.on('close', () => intake.requireAnswer());
    interruption.watch((error) => intake.fail(error));
    request.end();
  });
}

interface IntakeTerms {
  readonly request: ClientRequest;
  readonly bytesMax: number;
}

interface Settle {
  readonly resolve: (exchanged: Exchanged) => void;
  readonly reject: (error: unknown) => void;
}

/** Takes in one answer: keeps the body of an answer, discards any other. Its first end counts. */
class Intake {
  private readonly request: ClientRequest;
  private readonly bytesMax: number;
  private readonly settle: Settle;
  private readonly chunks: Buffer[] = [];
  private byteCount = 0;
  private answer: IncomingMessage | undefined;
  private discarding: NodeJS.Timeout | undefined;
  private isOver = false;

  constructor({ request, bytesMax }: IntakeTerms, settle: Settle) {
    this.request = request;
    this.bytesMax = bytesMax;
    this.settle = settle;
  }

  begin(answer: IncomingMessage): void {
    this.answer = answer;
    answer.on('data', (chunk: Buffer) => this.take(chunk));
    answer.on('end', () => this.finish(answer));
    answer.on('error', (error) => this.break(error));
    if (!this.isUnwanted()) return;
    this.discarding = setTimeout(() => this.finish(answer), DISCARDING_MS_MAX);
  }

  /** The connection is closed, or free for others: an answer tells by itself if it was cut. */
  requireAnswer(): void {
    if (this.answer === undefined) this.break(new PrematureCloseError());
  }

  /** The connection broke. What is discarded anyway may break. */
  break(error: unknown): void {
    if (this.isOver) return;
    if (this.answer !== undefined && this.isUnwanted()) {
      this.finish(this.answer);
      return;
    }
    const failure = this.failureOf(error);
    this.fail(this.isStale(error) ? new StaleConnectionError(failure) : failure);
  }

  fail(error: unknown): void {
    if (this.isOver) return;
    this.leave();
    const status = this.answer?.statusCode;
    const isTold = error instanceof JobFailure && status !== undefined;
    this.settle.reject(isTold ? error.withFacts({ status }) : error);
  }

  private take(chunk: Buffer): void {
    if (this.isOver) return;
    this.byteCount += chunk.length;
    if (this.isUnwanted()) {
      if (this.byteCount > DISCARDED_BYTES_MAX && this.answer) this.finish(this.answer);
    } else if (this.byteCount > this.bytesMax) {
      this.fail(new JobFailure('too-large', `more than ${this.bytesMax} bytes`));
    } else {
      this.chunks.push(chunk);
    }
  }

  /** The end, or as much as anybody wants: a connection that goes on sending is closed. */
  private finish({ statusCode: status = 0, headers }: IncomingMessage): void {
    if (this.isOver) return;
    this.leave();
    const { chunks } = this;
    const raw = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
    this.settle.resolve({ status, headers, raw });
  }

  /** Whether what comes is no answer's body. */
  private isUnwanted(): boolean {
    const status = this.answer?.statusCode;
    return status !== undefined && !isAnswer(status);
  }

  private leave(): void {
    this.isOver = true;
    clearTimeout(this.discarding);
    if (this.answer?.readableEnded !== true) this.request.destroy();
  }

  private isStale(error: unknown): boolean {
    const isReused = this.request.reusedSocket;
    return isReused && this.answer === undefined && STALE.test(errorCode(error) ?? '');
  }

  private failureOf(error: unknown): unknown {
    const { answer } = this;
    const transferEncoding = answer?.headers['transfer-encoding'];
    return connectionFailure(error, { hasHead: answer !== undefined, transferEncoding });
  }
}
