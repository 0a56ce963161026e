/** One request to the pages of the sites, from arrival to the end of its answer. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendAnswer, type AnswerSource } from './answers.js';
import { holdBack, nextHoldMs, type Latency } from './hold.js';
import type { Ledger } from './ledger.js';
import type { Random } from './random.js';
import type { Target } from './routes.js';

/** What a site is made of. */
export interface Site {
  readonly answers: AnswerSource;
  readonly latency: Latency;
  readonly gzip: boolean;
  readonly random: Random;
  readonly ledger: Ledger;
}

/** Answers a request for a page, notes it in the ledger and keeps the latency asked for. */
export function serveSite(
  site: Site,
  target: Target,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const nowMs = performance.now();
  const { ledger } = site;
  const entry = ledger.arrive(request.url ?? '', nowMs);
  const respond = (): void => {
    const gzip = site.gzip && acceptsGzip(request);
    ledger.answer(entry, sendAnswer(response, site.answers.answerTo(target), gzip));
    ledger.finish(entry, performance.now());
  };

  const holdMs = nextHoldMs(site.latency, site.random);
  if (holdMs === 0) {
    respond();
    return;
  }
  response.once('close', () => ledger.finish(entry, performance.now()));
  holdBack(response, nowMs + holdMs, respond);
}

function acceptsGzip(request: IncomingMessage): boolean {
  return request.headers['accept-encoding']?.includes('gzip') ?? false;
}
