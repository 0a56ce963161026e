/** The stand-in's own pages: what it counted, its faults, and its reset. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { CommandError, errorText } from '../shared/base/errors.js';
import type { ControlTarget } from './routes.js';

/** No list of faults is longer. */
const BODY_BYTES_MAX = 65_536;

/** What the pages show and do. */
export interface Controls {
  stats(): object;
  requests(after: number): object;
  faults(): object;
  /** Throws a CommandError, and changes nothing, when the text is wrong. */
  setFaults(text: string): void;
  reset(): void;
}

/**
 * Serves `stats`, `requests?after=SEQUENCE` and `faults` (GET), `faults` with the new ones as body
 * (POST; 400 with the reason when they are wrong) and `reset` (POST); anything else is 404.
 */
export function serveControl(
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
    controls.setFaults(text.trim());
    sendJson(response, 200, controls.faults());
  } catch (error) {
    sendJson(response, error instanceof CommandError ? 400 : 500, { error: errorText(error) });
  }
}

/** Hands over the whole body; a client that sends too much is cut off. */
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
