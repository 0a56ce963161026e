/** Faults that are a status: refusals, errors and answers without a body. */

import { STATUS_CODES } from 'node:http';
import { HTML_TYPE } from '../answers.js';
import { BOTH, type Encounter, type FaultKind } from './fault.js';
import type { OptionName } from './settings.js';

const WITH_RETRY_AFTER: readonly OptionName[] = ['retry-after'];

/** The Retry-After header as the fault's option asks for it. */
export function retryAfterHeader({ settings }: Encounter): Record<string, string> {
  const text = settings['retry-after'];
  return text === undefined ? {} : { 'Retry-After': text };
}

function sendStatus(status: number, encounter: Encounter): number {
  const body = Buffer.from(`<html><h1>${status} ${STATUS_CODES[status] ?? ''}</h1></html>\n`);
  encounter.response
    .writeHead(status, {
      'Content-Type': HTML_TYPE,
      'Content-Length': body.length,
      ...retryAfterHeader(encounter),
    })
    .end(body);
  return status;
}

function sendBare(status: number, encounter: Encounter): number {
  encounter.response.writeHead(status).end();
  return status;
}

function statusFault(status: number): FaultKind {
  return {
    meaning: `${status} ${STATUS_CODES[status] ?? ''}`,
    sites: BOTH,
    options: WITH_RETRY_AFTER,
    effect: (encounter) => sendStatus(status, encounter),
  };
}

export const STATUS_FAULTS = {
  '204': {
    meaning: '204 No Content',
    sites: BOTH,
    options: [],
    effect: (encounter) => sendBare(204, encounter),
  },
  '304': {
    meaning: '304 Not Modified, though nothing was asked for',
    sites: BOTH,
    options: [],
    effect: (encounter) => sendBare(304, encounter),
  },
  '400': statusFault(400),
  '401': statusFault(401),
  '403': statusFault(403),
  '404': statusFault(404),
  '410': statusFault(410),
  '429': statusFault(429),
  '451': statusFault(451),
  '500': statusFault(500),
  '502': statusFault(502),
  '503': statusFault(503),
  '504': statusFault(504),
  limit: {
    meaning: '429 at once above N requests in flight (limit=N)',
    sites: BOTH,
    options: ['limit', 'retry-after'],
    effect: (encounter) => sendStatus(429, encounter),
  },
} as const satisfies Record<string, FaultKind>;
