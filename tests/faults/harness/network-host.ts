/** A host beside this one: a network namespace, and the link to it. */

import { execFileSync } from 'node:child_process';
import type { TestContext } from 'vitest';

export interface NetworkHost {
  readonly namespace: string;
  /** The name of this side's end of the link, fifteen characters at most. */
  readonly link: string;
  /** Addresses of both ends. */
  readonly here: string;
  readonly there: string;
}

/** Makes the host, or skips the test with the reason why there can be none; `defer` takes what removes it. */
export function requireHost(
  context: TestContext,
  { namespace, link, here, there }: NetworkHost,
  defer: (clean: () => void) => void,
): void {
  const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
  context.skip(!isRoot, 'a network namespace takes root on Linux');
  try {
    ip('netns', 'add', namespace);
  } catch {
    context.skip(true, 'a network namespace takes ip(8), and the right to make one');
  }
  defer(() => ip('netns', 'delete', namespace));
  ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
  // With its namespace it would go some time later, and be in the way of the next test's.
  defer(() => ip('link', 'delete', link));
  ip('address', 'add', `${here}/30`, 'dev', link);
  ip('link', 'set', link, 'up');
  ip('-n', namespace, 'address', 'add', `${there}/30`, 'dev', 'eth0');
  ip('-n', namespace, 'link', 'set', 'eth0', 'up');
  ip('-n', namespace, 'link', 'set', 'lo', 'up');
}

/** Runs `ip`, and throws where it fails. */
export function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: 'ignore' });
}
