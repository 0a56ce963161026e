/** What may end a fetch before its answer does: its deadline, or the caller's signal. */

import type { SharedSignals } from './shared-signals.js';

type Stop = (error: unknown) => void;

export interface InterruptionTerms {
  readonly signal: AbortSignal;
  readonly signals: SharedSignals;
  readonly deadlineMs: number;
  readonly onDeadline: () => Error;
}

/**
 * One deadline and one signal over a whole fetch, whichever of its requests is under way. Cheaper
 * than an `AbortSignal.any` a fetch, and tells the two apart: the signal's reason is passed on as
 * it is, the deadline's error is made by `onDeadline`.
 */
export class Interruption {
  private readonly terms: InterruptionTerms;
  private readonly timer: NodeJS.Timeout;
  private readonly onAbort = (): void => this.interrupt(this.terms.signal.reason);
  private stop: Stop | undefined;
  private interrupted: { readonly error: unknown } | undefined;

  constructor(terms: InterruptionTerms) {
    this.terms = terms;
    this.timer = setTimeout(() => this.interrupt(terms.onDeadline()), terms.deadlineMs);
    terms.signals.add(terms.signal, this.onAbort);
    if (terms.signal.aborted) this.onAbort();
  }

  /** Calls `stop` at the interruption: at once when that has come already. Replaces the one before. */
  watch(stop: Stop): void {
    this.stop = stop;
    if (this.interrupted !== undefined) stop(this.interrupted.error);
  }

  /** Ends the watch: no timer is left, and nothing is called any more. */
  dispose(): void {
    this.stop = undefined;
    clearTimeout(this.timer);
    this.terms.signals.remove(this.terms.signal, this.onAbort);
  }

  private interrupt(error: unknown): void {
    this.interrupted ??= { error };
    this.stop?.(this.interrupted.error);
  }
}
