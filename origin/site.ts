/** Serves the pages of the sites, with latency and faults, and the pages that control the stand-in. */

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { CommandError, errorText } from '../shared/base/errors.js';
import {
  type AnswerSource,
  type ControlTarget,
  createAnswers,
  sendAnswer,
  type Target,
  targetOf,
} from './answers.js';
import type { Catalogue } from './comics.js';
import { createFaultPlan, type FaultPlan } from './faults/plan.js';
import { type Fault, faultKind, parseFault } from './faults/table.js';
import { Ledger } from './ledger.js';
import type { OriginOptions } from './options.js';
import { createRandom, type Random } from './random.js';

/** A site that is full says so at once: what it turns away must not fill it further. */
const ANSWERED_AT_ONCE = 'limit';

/** Most bytes of a list of faults. */
const BODY_BYTES_MAX = 65_536;

/**
 * The listener for all requests. A reset empties the ledger and restarts counts and random numbers; the
 * faults stay. New faults start with counts of zero.
 */
export function createStandIn(
  options: OriginOptions,
  catalogue: Catalogue,
  faultsAtStart: readonly Fault[],
): RequestListener {
  const answers = createAnswers(catalogue);
  const { latencyMs, jitterMs, gzip, seed } = options;
  let faults = faultsAtStart;
  const newSite = (): Site => ({
    answers,
    latency: { latencyMs, jitterMs },
    gzip,
    random: createRandom(seed),
    ledger: new Ledger(),
    faults: createFaultPlan(faults, seed),
  });
  let site = newSite();

  const controls: Controls = {
    stats: () => ({ ...site.ledger.stats(), latest: catalogue.latest }),
    requests: (after) => ({ requests: site.ledger.rows(after) }),
    faults: () => ({ faults: faults.map(({ text }) => text) }),
    setFaults: (texts) => {
      faults = texts.map(parseFault);
      site = { ...site, faults: createFaultPlan(faults, seed) };
    },
    reset: () => {
      site = newSite();
    },
  };

  return (request, response) => {
    const target = targetOf(request.url ?? '');
    if (target.page === 'control') {
      serveControl(controls, target, request, response);
    } else if (request.method === 'GET' || request.method === 'HEAD') {
      serveSite(site, target, request, response);
    } else {
      response.writeHead(405, { Allow: 'GET, HEAD', 'Content-Length': 0 }).end();
    }
  };
}

/** What a request for a page needs; replaced as a whole by a reset. */
interface Site {
  readonly answers: AnswerSource;
  readonly latency: Latency;
  readonly gzip: boolean;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly faults: FaultPlan;
}

/** Answers a request for a page after the latency, and records it in the ledger. */
function serveSite(
  site: Site,
  target: Target,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const nowMs = performance.now();
  const { answers, faults, gzip, latency, ledger, random } = site;
  const path = request.url ?? '';
  const entry = ledger.arrive(path, nowMs);
  const finish = (): void => ledger.finish(entry, performance.now());
  const honest = answers.answerTo(target);
  const fault = faults.choose({ target, path, active: ledger.active, status: honest.status });
  const holdMs = fault?.name === ANSWERED_AT_ONCE ? 0 : nextHoldMs(latency, random);

  const respond = (): void => {
    if (fault === undefined) {
      ledger.answer(entry, sendAnswer(response, honest, gzip && acceptsGzip(request)));
      finish();
    } else {
      const encounter = { request, response, honest, settings: fault.settings, random };
      ledger.fault(entry, fault.name);
      ledger.answer(entry, faultKind(fault.name).effect(encounter));
    }
  };

  if (holdMs > 0 || fault !== undefined) response.once('close', finish);
  if (holdMs === 0) respond();
  else holdBack(response, nowMs + holdMs, respond);
}

function acceptsGzip(request: IncomingMessage): boolean {
  return request.headers['accept-encoding']?.includes('gzip') ?? false;
}

/** How long answers take. */
export interface Latency {
  readonly latencyMs: number;
  /** The most that is added, uniformly. */
  readonly jitterMs: number;
}

/** How long the next answer is held back. */
export function nextHoldMs(latency: Latency, random: Random): number {
  return latency.latencyMs + (latency.jitterMs === 0 ? 0 : random() * latency.jitterMs);
}

/**
 * Calls `then` once `performance.now()` has reached `untilMs`, unless the connection closes first.
 * A timer may fire up to a millisecond early, because the event loop counts whole ones: then it is
 * set again.
 */
function holdBack(response: ServerResponse, untilMs: number, then: () => void): void {
  let timer: NodeJS.Timeout;
  const arm = (waitMs: number): void => {
    timer = setTimeout(() => {
      const leftMs = untilMs - performance.now();
      if (leftMs > 0) arm(leftMs);
      else then();
    }, Math.ceil(waitMs));
  };
  arm(untilMs - performance.now());
  response.once('close', () => clearTimeout(timer));
}

/** What the pages under `/__origin/` show and do. */
interface Controls {
  stats(): object;
  requests(after: number): object;
  faults(): object;
  /** Throws a CommandError, and changes nothing, when one of them is wrong. */
  setFaults(texts: readonly string[]): void;
  reset(): void;
}

/**
 * Serves `stats`, `requests?after=SEQUENCE` and `faults` (GET), `faults` with the new ones, one a
 * line (POST; 400 with the reason when one is wrong) and `reset` (POST); anything else is 404.
 */
function serveControl(
  controls: Controls,
  { name, query }: ControlTarget,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  switch (`${request.method} ${name}`) {
    case 'GET stats':
      sendJson(response, 200, controls.stats());
      return;
    case 'GET requests':
      sendJson(response, 200, controls.requests(Number(query.get('after')) || 0));
      return;
    case 'GET faults':
      sendJson(response, 200, controls.faults());
      return;
    case 'POST faults':
      readBody(request, (text) => changeFaults(controls, text, response));
      return;
    case 'POST reset':
      controls.reset();
      sendJson(response, 200, { reset: true });
      return;
    default:
      sendJson(response, 404, { error: `There is no ${request.method} ${name}` });
  }
}

function changeFaults(controls: Controls, text: string, response: ServerResponse): void {
  try {
    controls.setFaults(text.split('\n').filter((line) => line.trim() !== ''));
    sendJson(response, 200, controls.faults());
  } catch (error) {
    sendJson(response, error instanceof CommandError ? 400 : 500, { error: errorText(error) });
  }
}

/** Calls `then` with the whole body; a client that sends too much is cut off. */
function readBody(request: IncomingMessage, then: (text: string) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) request.destroy();
    else chunks.push(chunk);
  });
  request.once('end', () => then(Buffer.concat(chunks).toString()));
}

function sendJson(response: ServerResponse, status: number, document: object): void {
  const body = Buffer.from(`${JSON.stringify(document)}\n`);
  response
    .writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': body.length })
    .end(body);
}
