/** Several worker processes under one: what dies is started again, ever later. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { EXIT, type Service } from '../shared/base/errors.js';
import type { Logger } from '../shared/base/logger.js';
import { pauseFor } from '../shared/base/wait.js';

const RESTART_FIRST_MS = 500;
const RESTART_MAX_MS = 30_000;

/** A process that lived this long had started well: its next restart is the first again. */
const LIVED_WELL_MS = 60_000;

/** Ends that starting again cannot mend. */
const LASTING: ReadonlySet<number> = new Set([
  EXIT.usage,
  EXIT.cannotWrite,
  EXIT.badConfig,
  EXIT.noInput,
]);

export interface SupervisorOptions {
  readonly processes: number;
  /** Program and arguments of one worker process. */
  readonly command: readonly [string, ...string[]];
  /** Whether a process may leave by itself: then it is not started again. */
  readonly drain: boolean;
  /** After this time, processes that were told to stop are killed. */
  readonly graceMs: number;
  readonly logger: Logger;
}

export class Supervisor implements Service {
  /** Resolves when no process is left, with the exit code that stands for all of them. */
  readonly left: Promise<number>;
  private readonly options: SupervisorOptions;
  private readonly stopping = new AbortController();
  private readonly children = new Set<ChildProcess>();
  private readonly finish: (exitCode: number) => void;
  private stopped: Promise<void> | undefined;
  private started = false;

  constructor(options: SupervisorOptions) {
    this.options = options;
    const { promise, resolve } = deferred<number>();
    this.left = promise;
    this.finish = resolve;
  }

  start(): Promise<void> {
    if (!this.started) {
      this.started = true;
      const slots = Array.from({ length: this.options.processes }, () => this.keepRunning());
      void Promise.all(slots).then((exitCodes) => this.finish(Math.max(...exitCodes)));
    }
    return Promise.resolve();
  }

  /** Tells all processes to stop and waits for them; kills what outlasts the grace period. */
  stop(): Promise<void> {
    this.stopped ??= this.stopAll();
    return this.stopped;
  }

  /** Kills all processes at once: a second Ctrl-C. */
  force(): void {
    this.stopping.abort();
    for (const child of this.children) child.kill('SIGKILL');
  }

  private async stopAll(): Promise<void> {
    this.stopping.abort();
    if (!this.started) return;
    for (const child of this.children) child.kill('SIGTERM');
    const timer = setTimeout(() => this.force(), this.options.graceMs);
    await this.left;
    clearTimeout(timer);
  }

  /** Runs one process after another until one ends for good. */
  private async keepRunning(): Promise<number> {
    let restartMs = RESTART_FIRST_MS;
    while (true) {
      const startedAtMs = performance.now();
      const { exitCode, signal } = await this.runOnce();
      if (this.stopping.signal.aborted) return exitCode;
      if (LASTING.has(exitCode)) return this.giveUp(exitCode);
      if (this.options.drain && MAY_LEAVE.has(exitCode)) return exitCode;
      if (performance.now() - startedAtMs > LIVED_WELL_MS) restartMs = RESTART_FIRST_MS;
      this.options.logger.warn(
        { exitCode, signal, restartMs },
        'A worker process died; starting another',
      );
      if (!(await pauseFor(restartMs, this.stopping.signal))) return exitCode;
      restartMs = Math.min(restartMs * 2, RESTART_MAX_MS);
    }
  }

  /** What one process cannot start with, none can. */
  private giveUp(exitCode: number): number {
    this.stopping.abort();
    for (const child of this.children) child.kill('SIGTERM');
    return exitCode;
  }

  private async runOnce(): Promise<Death> {
    const [program, ...args] = this.options.command;
    // A group of its own: Ctrl-C reaches the supervisor alone, which tells its processes once.
    const child = spawn(program, args, {
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    this.children.add(child);
    try {
      await once(child, 'exit');
    } catch {
      return { exitCode: EXIT.defect, signal: undefined };
    } finally {
      this.children.delete(child);
    }
    return { exitCode: child.exitCode ?? EXIT.defect, signal: child.signalCode ?? undefined };
  }
}

/** How a process ended; one that a signal ended has no exit code of its own. */
interface Death {
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | undefined;
}

/** Exit codes of a process that has drained. */
const MAY_LEAVE: ReadonlySet<number> = new Set([EXIT.ok, EXIT.jobFailed, EXIT.timedOut]);

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let settle: (value: T) => void;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: (value) => settle(value) };
}
