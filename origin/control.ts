/** The stand-in's own pages: what it counted, and its reset. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ControlTarget } from './routes.js';

/** What the pages show and do. */
export interface Controls {
  stats(): object;
  requests(after: number): object;
  reset(): void;
}

/** Serves `stats` and `requests` (GET) and `reset` (POST); anything else is 404. */
export function serveControl(
  controls: Controls,
  target: ControlTarget,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  switch (`${request.method} ${target.name}`) {
    case 'GET stats':
      sendJson(response, 200, controls.stats());
      return;
    case 'GET requests':
      sendJson(response, 200, controls.requests(Number(target.query.get('after') ?? 0) || 0));
      return;
    case 'POST reset':
      controls.reset();
      sendJson(response, 200, { reset: true });
      return;
    default:
      sendJson(response, 404, { error: `There is no ${request.method} ${target.name}` });
  }
}

function sendJson(response: ServerResponse, status: number, document: object): void {
  const body = Buffer.from(`${JSON.stringify(document)}\n`);
  response
    .writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': body.length })
    .end(body);
}
