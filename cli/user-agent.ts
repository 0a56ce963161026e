/** How requests introduce themselves: the project, its version, and whom to ask about it. */

import { programVersion } from './version.js';

/** `comic-queue/0.1.0 (+mailto:me@example.org)`. */
export function userAgentOf(contact: string | undefined): string {
  const program = `comic-queue/${programVersion()}`;
  return contact === undefined ? program : `${program} (+${contact})`;
}
