/** Which version this is. */

import { readFileSync } from 'node:fs';

/** The version in package.json: one folder up from the sources, two from what is built of them. */
export function programVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
      if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) {
        return String(manifest.version);
      }
    } catch {
      // It lies in the other place.
    }
  }
  return 'unknown';
}

/** `comic-queue/0.1.0 (+mailto:me@example.org)`. */
export function userAgentOf(contact: string | undefined): string {
  const program = `comic-queue/${programVersion()}`;
  return contact === undefined ? program : `${program} (+${contact})`;
}
