/** Waits that an AbortSignal or a deadline ends. */

import { setTimeout as delay } from 'node:timers/promises';

/**
 * Resolves after `ms` milliseconds; rejects with the signal's reason as soon as it aborts.
 * Cleans up its listener and timer either way.
 */
export async function wait(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}

/** Like {@link wait}, but returns false instead of throwing when the signal aborts. */
export async function pauseFor(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await wait(ms, signal);
    return true;
  } catch {
    return false;
  }
}

/**
 * Settles with `work`, or rejects with `onTimeout()` once `ms` milliseconds have passed. The work goes
 * on: give it a signal of its own to stop it.
 */
export async function withDeadline<T>(
  work: Promise<T>,
  ms: number,
  onTimeout: () => Error,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(onTimeout()), ms);
  });
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}

/** A promise with its `resolve` beside it: for an event that happens at most once. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

/** Makes a promise that its holder resolves; `Promise.withResolvers` before Node 22. */
export function deferred<T>(): Deferred<T> {
  let settle: (value: T) => void;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: (value) => settle(value) };
}

/** Resolves with what `act` gives. It may call `act` again after a failure, so that must do no harm. */
export type Attempt = <T>(act: () => Promise<T>) => Promise<T>;

/** Makes one attempt: nothing is repeated. */
export const once: Attempt = (act) => act();
