/** One request and its answer on got's stream, within limits. */

import { type IncomingHttpHeaders } from 'node:http';
import { type Request } from 'got';
import { errorCode, JobFailure } from '../base/errors.js';
import { connectionFailure } from './connection-failure.js';
import { type Connections } from './connections.js';
import { type Interruption } from './interruption.js';
import { isAnswer } from './status.js';
import { Wire } from './wire.js';

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
    const wire = new Wire(connections, (error) => intake.break(error));
    const stream = connections.client.stream(url, {
      request: (to, { headers }) => wire.open(to, headers ?? {}),
    });
    const intake = new Intake({ stream, wire, bytesMax }, { resolve, reject });
    stream.on('response', () => intake.begin());
    stream.on('data', (chunk: Buffer) => intake.take(chunk));
    stream.on('end', () => intake.finish());
    stream.on('error', (error) => intake.break(error));
    interruption.watch((error) => intake.fail(error));
  });
}

interface IntakeTerms {
  readonly stream: Request;
  readonly wire: Wire;
  readonly bytesMax: number;
}

interface Settle {
  readonly resolve: (exchanged: Exchanged) => void;
  readonly reject: (error: unknown) => void;
}

/** Takes in one answer: keeps the body of an answer, discards any other. */
class Intake {
  private readonly stream: Request;
  private readonly wire: Wire;
  private readonly bytesMax: number;
  private readonly settle: Settle;
  private readonly chunks: Buffer[] = [];
  private byteCount = 0;
  private discarding: NodeJS.Timeout | undefined;

  constructor({ stream, wire, bytesMax }: IntakeTerms, settle: Settle) {
    this.stream = stream;
    this.wire = wire;
    this.bytesMax = bytesMax;
    this.settle = settle;
  }

  begin(): void {
    if (this.stream.destroyed || !this.isUnwanted()) return;
    this.discarding = setTimeout(() => this.finish(), DISCARDING_MS_MAX);
  }

  take(chunk: Buffer): void {
    this.byteCount += chunk.length;
    if (this.isUnwanted()) {
      if (this.byteCount > DISCARDED_BYTES_MAX) this.finish();
    } else if (this.byteCount > this.bytesMax) {
      this.fail(new JobFailure('too-large', `more than ${this.bytesMax} bytes`));
    } else {
      this.chunks.push(chunk);
    }
  }

  /** The end, or as much as anybody wants: a connection that goes on sending is closed. */
  finish(): void {
    const { chunks, wire } = this;
    const { answer } = wire;
    if (answer === undefined) {
      this.fail(new Error('got ended without an answer'));
      return;
    }
    const raw = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
    this.leave();
    this.settle.resolve({ status: answer.statusCode ?? 0, headers: answer.headers, raw });
  }

  /** The connection broke. What is discarded anyway may break. */
  break(error: unknown): void {
    if (this.isUnwanted()) {
      this.finish();
      return;
    }
    const failure = this.failureOf(error);
    this.fail(this.isStale(error) ? new StaleConnectionError(failure) : failure);
  }

  fail(error: unknown): void {
    this.leave();
    const status = this.wire.answer?.statusCode;
    const isTold = error instanceof JobFailure && status !== undefined;
    this.settle.reject(isTold ? error.withFacts({ status }) : error);
  }

  /** Whether what comes is no answer's body. */
  private isUnwanted(): boolean {
    const status = this.wire.answer?.statusCode;
    return status !== undefined && !isAnswer(status);
  }

  private leave(): void {
    clearTimeout(this.discarding);
    if (this.stream.readableEnded) return;
    this.stream.destroy();
    this.wire.close();
  }

  private isStale(error: unknown): boolean {
    return (
      this.wire.isReused && this.wire.answer === undefined && STALE.test(errorCode(error) ?? '')
    );
  }

  private failureOf(error: unknown): unknown {
    const { answer } = this.wire;
    const transferEncoding = answer?.headers['transfer-encoding'];
    return connectionFailure(error, { hasHead: answer !== undefined, transferEncoding });
  }
}
