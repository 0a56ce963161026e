/**
 * The Host allow-list. A page elsewhere can make a browser ask this machine under a name of its own
 * (DNS rebinding); it cannot choose the Host header, which then holds that name.
 */

import { networkInterfaces } from 'node:os';
import type { RequestHandler } from 'express';
import { refuse } from '../problem.js';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1'];

const EVERY_ADDRESS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** Answers 421 to a request for a host that is not ours. Ports do not matter: they may be mapped. */
export function hostGuard(host: string, allowedHosts: readonly string[]): RequestHandler {
  const names = new Set(
    [...LOOPBACK_NAMES, ...namesOf(host), ...allowedHosts].map((name) => bare(name)),
  );
  return (request, response, next) => {
    const asked = hostNameOf(request.headers.host);
    if (asked !== undefined && names.has(asked)) {
      next();
      return;
    }
    refuse(response, 421, 'This board does not serve that host; allow it by name to use it');
  };
}

/** The host name of a Host header, in lower case and without port and brackets. */
function hostNameOf(header: string | undefined): string | undefined {
  if (header === undefined || !URL.canParse(`http://${header}`)) return undefined;
  const url = new URL(`http://${header}`);
  return url.host === header.toLowerCase() || header.endsWith(':80')
    ? bare(url.hostname)
    : undefined;
}

/** A board on every address goes by each address of this machine. */
function namesOf(host: string): string[] {
  if (!EVERY_ADDRESS.has(host)) return [host];
  return Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).map(({ address }) => address),
  );
}

function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[[\]]/g, '');
}
