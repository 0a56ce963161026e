/** Signals that many fetches watch at once. */

type OnAbort = () => void;

interface Watch {
  readonly watchers: Set<OnAbort>;
  readonly listener: OnAbort;
}

/**
 * One listener on a signal, whatever the number of fetches that share it: the jobs of a worker all
 * watch the same one, and a listener for each took 2 % of the processor time of a run. It goes with
 * the last fetch that watches.
 */
export class SharedSignals {
  private readonly watches = new Map<AbortSignal, Watch>();

  /** Has `onAbort` called when the signal aborts, until it is removed. */
  add(signal: AbortSignal, onAbort: OnAbort): void {
    const known = this.watches.get(signal);
    if (known === undefined) this.watch(signal, new Set([onAbort]));
    else known.watchers.add(onAbort);
  }

  remove(signal: AbortSignal, onAbort: OnAbort): void {
    const watch = this.watches.get(signal);
    if (watch?.watchers.delete(onAbort) !== true || watch.watchers.size > 0) return;
    signal.removeEventListener('abort', watch.listener);
    this.watches.delete(signal);
  }

  private watch(signal: AbortSignal, watchers: Set<OnAbort>): void {
    const listener = (): void => {
      for (const onAbort of watchers) onAbort();
    };
    signal.addEventListener('abort', listener);
    this.watches.set(signal, { watchers, listener });
  }
}
