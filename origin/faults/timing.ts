/** Faults of time: answers that come slowly, in part or never. */

import { BOTH, type Encounter, type FaultKind } from './fault.js';
import { sendRaw } from './wire.js';

const INTERVAL_MS = 200;

/** One byte of the honest body after another; stops when the client leaves. */
function trickle({ response, honest, settings }: Encounter): number {
  response.writeHead(200, {
    'Content-Type': honest.contentType,
    'Content-Length': honest.body.length,
  });
  response.flushHeaders();
  let sent = 0;
  const timer = setInterval(() => {
    response.write(honest.body.subarray(sent, sent + 1));
    sent += 1;
    if (sent === honest.body.length) {
      clearInterval(timer);
      response.end();
    }
  }, settings.interval ?? INTERVAL_MS);
  response.once('close', () => clearInterval(timer));
  return 200;
}

export const TIMING_FAULTS = {
  slow: {
    meaning: 'one byte of the body every 200 ms',
    sites: BOTH,
    options: ['interval'],
    effect: trickle,
  },
  stall: {
    meaning: 'half the body, then silence on an open connection',
    sites: BOTH,
    options: [],
    effect: (encounter) => {
      const { body, contentType } = encounter.honest;
      const lines = [`Content-Type: ${contentType}`, `Content-Length: ${body.length}`];
      sendRaw(encounter, lines, body.subarray(0, body.length >> 1), 'silence');
      return 200;
    },
  },
  'no-header': {
    meaning: 'the request is accepted and never answered',
    sites: BOTH,
    options: [],
    effect: () => 0,
  },
} as const satisfies Record<string, FaultKind>;
