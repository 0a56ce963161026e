/** The stand-in's own pages: what it counted, and its reset. */

import type { IncomingMessage, ServerResponse } from 'node:http';

/** What the pages show and do. */
export interface Controls {
  stats(): object;
  requests(after: number): object;
  reset(): void;
}

/** Serves `stats` and `requests` (GET) and `reset` (POST); anything else is 404 or 405. */
export function serveControl(
  controls: Controls,
  name: string,
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const method = request.method === 'POST' ? 'POST' : 'GET';
  switch (`${method} ${name}`) {
    case 'GET stats':
      sendJson(response, 200, controls.stats());
      return;
    case 'GET requests':
      sendJson(response, 200, controls.requests(Number(query.get('after') ?? 0) || 0));
      return;
    case 'POST reset':
      controls.reset();
      sendJson(response, 200, { reset: true });
      return;
    default:
      sendJson(response, 404, { error: `There is no ${method} ${name}` });
  }
}

function sendJson(response: ServerResponse, status: number, document: object): void {
  const body = Buffer.from(`${JSON.stringify(document)}\n`);
  response
    .writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': body.length })
    .end(body);
}
