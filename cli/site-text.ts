/** A site as people know it. */

import { safeUrl } from '../shared/base/safe-text.js';

/** A URL template fit to be shown: without credentials, its placeholder as it was written. */
export function siteText(template: string): string {
  return safeUrl(template).replaceAll('%7B', '{').replaceAll('%7D', '}');
}
