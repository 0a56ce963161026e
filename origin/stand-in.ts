/** What answers the requests: the sites, and the pages that steer the stand-in. */

import type { RequestListener } from 'node:http';
import { createAnswers } from './answers.js';
import type { Catalogue } from './catalogue.js';
import { serveControl, type Controls } from './control.js';
import { parseFaults } from './faults/grammar.js';
import { createFaultPlan } from './faults/plan.js';
import { Ledger } from './ledger.js';
import type { OriginOptions } from './options.js';
import { createRandom } from './random.js';
import { targetOf } from './routes.js';
import { serveSite, type Site } from './site.js';

/**
 * The listener for all requests. A reset starts ledger, counts and randomness anew, and keeps the
 * faults; new faults start with counts of their own.
 */
export function createStandIn(options: OriginOptions, catalogue: Catalogue): RequestListener {
  const answers = createAnswers(catalogue);
  const { latencyMs, jitterMs, gzip, seed } = options;
  let faultsText = options.faults;
  const newPlan = (text: string) => createFaultPlan(parseFaults(text), seed);
  const newSite = (): Site => ({
    answers,
    latency: { latencyMs, jitterMs },
    gzip,
    random: createRandom(seed),
    ledger: new Ledger(),
    faults: newPlan(faultsText),
  });
  let site = newSite();

  const controls: Controls = {
    stats: () => ({ ...site.ledger.stats(), latest: catalogue.latest }),
    requests: (after) => ({ requests: site.ledger.rows(after) }),
    faults: () => ({ faults: faultsText }),
    setFaults: (text) => {
      site = { ...site, faults: newPlan(text) };
      faultsText = text;
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
