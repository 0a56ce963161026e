/** What can be said without asking anybody: Node, and whether sites can reach us. */

import { CommandError, EXIT } from '../../shared/base/errors.js';
import { isLocalSite } from '../../shared/kinds/site.js';
import type { Configuration } from '../configuration.js';
import { type CheckResult, failed, found } from './check-result.js';

const NODE_MIN = [20, 19] as const;

/** Node 20 is past its end of life since April 2026. */
const NODE_SUPPORTED_MAJOR = 22;

/** Whether this Node is new enough. */
export function checkNode(version: string): CheckResult {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [majorMin, minorMin] = NODE_MIN;
  if (major < majorMin || (major === majorMin && minor < minorMin)) {
    const text = `Node ${version} is too old: use ${majorMin}.${minorMin} or newer`;
    return failed('node', new CommandError(EXIT.badConfig, text));
  }
  return major < NODE_SUPPORTED_MAJOR
    ? found(
        'node',
        'warn',
        `Node ${version} works, but gets no security fixes any more: use 22 or newer`,
      )
    : found('node', 'ok', `Node ${version}`);
}

/** Whether sites that are not on this machine can ask somebody about the requests. */
export function checkContact({ contact, sites }: Configuration): CheckResult {
  if (contact !== undefined) return found('contact', 'ok', `sites are told to ask ${contact}`);
  return Object.values(sites).every(isLocalSite)
    ? found('contact', 'ok', 'no contact needed: every site is on this machine')
    : found(
        'contact',
        'warn',
        'sites are not told whom to ask about the requests: set COMIC_QUEUE_CONTACT',
      );
}
