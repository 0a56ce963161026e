/** One request to the pages of the sites, from arrival to the end of its answer. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendAnswer, type AnswerSource } from './answers.js';
import type { FaultPlan } from './faults/plan.js';
import { faultKind } from './faults/table.js';
import { holdBack, nextHoldMs, type Latency } from './hold.js';
import type { Ledger } from './ledger.js';
import type { Random } from './random.js';
import type { Target } from './routes.js';

/** A site that is full says so at once: what it turns away must not fill it further. */
const AT_ONCE = 'limit';

/** What a site is made of. */
export interface Site {
  readonly answers: AnswerSource;
  readonly latency: Latency;
  readonly gzip: boolean;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly faults: FaultPlan;
}

/** Answers a request for a page, notes it in the ledger and keeps the latency asked for. */
export function serveSite(
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
  const holdMs = fault?.name === AT_ONCE ? 0 : nextHoldMs(latency, random);

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
