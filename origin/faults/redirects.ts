/** Faults that lead elsewhere: redirects, and the three pages by which a search site blocks. */

import { HTML_TYPE } from '../answers.js';
import { JAVASCRIPT_PAGE } from '../html.js';
import { ROBOT_PATH } from '../routes.js';
import { BOTH, SEARCHES, type Encounter, type FaultKind } from './fault.js';
import type { OptionName } from './settings.js';
import { retryAfterHeader } from './statuses.js';

const REDIRECT_OPTIONS: readonly OptionName[] = ['to', 'retry-after'];

/** Marks the target of a redirect that is to succeed. */
const REDIRECTED = 'redirected=1';

/** Nothing listens there: whoever follows is found out by its failure or by a listener of the test. */
const LOOPBACK_TARGET = 'http://127.0.0.1:9/trap';

function redirect(encounter: Encounter, location: string): number {
  encounter.response
    .writeHead(302, {
      Location: encounter.settings.to ?? location,
      'Content-Type': HTML_TYPE,
      'Content-Length': 0,
      ...retryAfterHeader(encounter),
    })
    .end();
  return 302;
}

function pathOf({ request }: Encounter): string {
  return request.url ?? '/';
}

/** A redirect within the site, which is honoured: what follows it gets its answer. */
function redirectOnce(encounter: Encounter): number {
  const path = pathOf(encounter);
  if (!path.includes(REDIRECTED)) {
    return redirect(encounter, `${path}${path.includes('?') ? '&' : '?'}${REDIRECTED}`);
  }
  const { response, honest } = encounter;
  response
    .writeHead(honest.status, {
      'Content-Type': honest.contentType,
      'Content-Length': honest.body.length,
    })
    .end(honest.body);
  return honest.status;
}

/** The address a page of this host has under a scheme. */
function absolute(encounter: Encounter, scheme: string): string {
  return `${scheme}://${encounter.request.headers.host ?? 'localhost'}${pathOf(encounter)}`;
}

function consent(encounter: Encounter): number {
  const target = encodeURIComponent(absolute(encounter, 'https'));
  return redirect(encounter, `https://consent.google.com/ml?continue=${target}&gl=DE&m=0&pc=srp`);
}

function robot(encounter: Encounter): number {
  const query = new URLSearchParams({ continue: absolute(encounter, 'https') });
  const retryAfter = encounter.settings['retry-after'];
  if (retryAfter !== undefined) query.set('retry-after', retryAfter);
  return redirect(encounter, `${ROBOT_PATH}?${query.toString()}`);
}

function javascript(encounter: Encounter): number {
  encounter.response
    .writeHead(200, {
      'Content-Type': HTML_TYPE,
      'Content-Length': Buffer.byteLength(JAVASCRIPT_PAGE),
      ...retryAfterHeader(encounter),
    })
    .end(JAVASCRIPT_PAGE);
  return 200;
}

function redirectFault(meaning: string, effect: (encounter: Encounter) => number): FaultKind {
  return { meaning, sites: BOTH, options: REDIRECT_OPTIONS, effect };
}

function blockFault(meaning: string, effect: (encounter: Encounter) => number): FaultKind {
  return { meaning, sites: SEARCHES, options: ['retry-after'], effect };
}

export const REDIRECT_FAULTS = {
  redirect: redirectFault('302 to another page of this host, which has the answer', redirectOnce),
  'redirect-loop': redirectFault('302 to the same page', (encounter) =>
    redirect(encounter, pathOf(encounter)),
  ),
  'redirect-host': redirectFault('302 to another host', (encounter) =>
    redirect(encounter, `https://elsewhere.example.invalid${pathOf(encounter)}`),
  ),
  'redirect-loopback': redirectFault('302 to a port of this machine', (encounter) =>
    redirect(encounter, LOOPBACK_TARGET),
  ),
  'redirect-http': redirectFault('302 to the same page by plain http', (encounter) =>
    redirect(encounter, absolute(encounter, 'http')),
  ),
  consent: blockFault('302 to consent.google.com', consent),
  robot: blockFault('302 to /sorry/index, which answers 429', robot),
  javascript: blockFault('200 with a page that needs JavaScript', javascript),
} as const satisfies Record<string, FaultKind>;
