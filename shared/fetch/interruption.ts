/** What may end a fetch before its answer does: its deadline, or the caller's signal. */

import { setMaxListeners } from 'node:events';

type Stop = (error: unknown) => void;

/**
 * One deadline and one signal over a whole fetch, whichever of its requests is under way. Cheaper
 * than an `AbortSignal.any` a fetch, and tells the two apart: the signal's reason is passed on as
 * it is, the deadline's error is made by `onDeadline`.
 */
export class Interruption {
  private readonly signal: AbortSignal;
  private readonly timer: NodeJS.Timeout;
  private readonly onAbort = (): void => this.interrupt(this.signal.reason);
  private stop: Stop | undefined;
  private interrupted: { readonly error: unknown } | undefined;

  constructor(deadlineMs: number, signal: AbortSignal, onDeadline: () => Error) {
    this.signal = signal;
    this.timer = setTimeout(() => this.interrupt(onDeadline()), deadlineMs);
    // Any number of fetches may share a signal; Node would warn of a leak from the eleventh on.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', this.onAbort);
    if (signal.aborted) this.onAbort();
  }

  /** Calls `stop` at the interruption: at once when that has come already. Replaces the one before. */
  watch(stop: Stop): void {
    this.stop = stop;
    if (this.interrupted !== undefined) stop(this.interrupted.error);
  }

  /** Ends the watch: no timer and no listener are left. */
  dispose(): void {
    this.stop = undefined;
    clearTimeout(this.timer);
    this.signal.removeEventListener('abort', this.onAbort);
  }

  private interrupt(error: unknown): void {
    this.interrupted ??= { error };
    this.stop?.(this.interrupted.error);
  }
}
