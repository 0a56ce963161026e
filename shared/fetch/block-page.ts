/** Pages that a site sends to programs instead of an answer. */

import { type Reason } from '../base/outcome.js';

export type BlockReason = Extract<Reason, 'consent-page' | 'robot-page' | 'javascript-page'>;

/** Google's shell names this path within its first four kilobytes (measured, November 2026). */
const JAVASCRIPT_SHELL = '/httpservice/retry/enablejs';
const CONSENT_FORM = /<form[^>]+action="https:\/\/consent\./i;
const ROBOT_FORM = /<form[^>]+id="captcha-form"/i;
const HEAD_BYTES = 4 * 1024;

/**
 * Whether a URL, or the page that came from it, is a block, and which. Give the target of a
 * redirect without a body: it then need not be contacted.
 */
export function blockPageOf(url: URL, body?: Buffer): BlockReason | undefined {
  if (url.hostname.startsWith('consent.')) return 'consent-page';
  if (url.pathname.startsWith('/sorry/')) return 'robot-page';
  const head = body?.toString('latin1', 0, HEAD_BYTES) ?? '';
  if (head.includes(JAVASCRIPT_SHELL)) return 'javascript-page';
  if (CONSENT_FORM.test(head)) return 'consent-page';
  return ROBOT_FORM.test(head) ? 'robot-page' : undefined;
}
