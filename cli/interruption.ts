/** Ctrl-C and SIGTERM: the first asks to stop in good order, the second stops at once. */

import { CommandError, EXIT } from '../shared/base/errors.js';

const EXIT_CODES = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated } as const;

type StopSignal = keyof typeof EXIT_CODES;

/** One Ctrl-C under `npm run` is two signals within milliseconds: the terminal's, and npm's. */
const SAME_PRESS_MS = 300;

/** The reason with which a command's signal aborts when it is told to stop. */
export class Interruption extends CommandError {
  /** The exit code is for a command that did not come to its end. */
  constructor(signal: StopSignal) {
    super(EXIT_CODES[signal], `Stopped by ${signal}`);
  }
}

export interface StopWatch {
  /** Aborts at the first signal, with an {@link Interruption}. */
  readonly signal: AbortSignal;
  /** Takes what must be done before the process ends at once; it cannot wait for anything. */
  readonly onForce: (act: () => void) => void;
  /** Back to what signals do by themselves. */
  readonly end: () => void;
}

/** Watches for signals. At the second one the process ends at once; an echo of the first is none. */
export function watchForStop(): StopWatch {
  const controller = new AbortController();
  const forced: (() => void)[] = [];
  let first: { readonly signal: StopSignal; readonly atMs: number } | undefined;
  const onSignal = (signal: StopSignal): void => {
    const nowMs = performance.now();
    if (first === undefined) {
      first = { signal, atMs: nowMs };
      controller.abort(new Interruption(signal));
      return;
    }
    if (signal === first.signal && nowMs - first.atMs < SAME_PRESS_MS) return;
    for (const act of forced) act();
    process.exit(EXIT_CODES[signal]);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    onForce: (act) => void forced.push(act),
    end: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
