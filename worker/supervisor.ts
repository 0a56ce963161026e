/** Runs several worker processes, and restarts those that die, after growing delays. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { EXIT, type Service } from '../shared/base/errors.js';
import type { Logger } from '../shared/base/logger.js';
import { deferred, pauseFor } from '../shared/base/wait.js';

const RESTART_FIRST_MS = 500;
const RESTART_MAX_MS = 30_000;

/** A process that lived this long started well: the delay begins at the first again. */
const LIVED_WELL_MS = 60_000;

/** Exit codes of a process that a restart would not mend: no other could start either. */
const LASTING: ReadonlySet<number> = new Set([
  EXIT.usage,
  EXIT.cannotWrite,
  EXIT.badConfig,
  EXIT.noInput,
]);

/** Exit codes of a process that has drained. */
const DRAINED: ReadonlySet<number> = new Set([EXIT.ok, EXIT.jobFailed, EXIT.timedOut]);

export interface SupervisorOptions {
  readonly processes: number;
  /** Program and arguments of one worker process. */
  readonly command: readonly [string, ...string[]];
  /** Whether a process may leave by itself: then it is not restarted. */
  readonly drain: boolean;
  /** Processes that were told to stop are killed after this time. */
  readonly graceMs: number;
  readonly logger: Logger;
}

/** How a process ended; one that a signal ended has no exit code of its own. */
interface Death {
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | undefined;
}

export class Supervisor implements Service {
  readonly #options: SupervisorOptions;
  readonly #stopping = new AbortController();
  readonly #children = new Set<ChildProcess>();
  readonly #ended = deferred<number>();
  #stopped: Promise<void> | undefined;
  #started = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Resolves when no process is left, with the exit code that stands for all of them. */
  get left(): Promise<number> {
    return this.#ended.promise;
  }

  start(): Promise<void> {
    if (!this.#started) {
      this.#started = true;
      const slots = Array.from({ length: this.#options.processes }, () => this.#keepRunning());
      void Promise.all(slots).then((exitCodes) => this.#ended.resolve(Math.max(...exitCodes)));
    }
    return Promise.resolve();
  }

  /** Tells all processes to stop and waits for them; kills those that outlast the grace period. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  /** Kills all processes at once: a second Ctrl-C. */
  force(): void {
    this.#stopping.abort();
    this.#signalAll('SIGKILL');
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    if (!this.#started) return;
    this.#signalAll('SIGTERM');
    const timer = setTimeout(() => this.force(), this.#options.graceMs);
    await this.left;
    clearTimeout(timer);
  }

  /** Runs one process after another until one ends for good; resolves with its exit code. */
  async #keepRunning(): Promise<number> {
    let restartMs = RESTART_FIRST_MS;
    while (true) {
      const startedAtMs = performance.now();
      const { exitCode, signal } = await this.#runOnce();
      if (this.#stopping.signal.aborted) return exitCode;
      if (LASTING.has(exitCode)) {
        this.#stopping.abort();
        this.#signalAll('SIGTERM');
        return exitCode;
      }
      if (this.#options.drain && DRAINED.has(exitCode)) return exitCode;
      if (performance.now() - startedAtMs > LIVED_WELL_MS) restartMs = RESTART_FIRST_MS;
      const fields = { exitCode, signal, restartMs };
      const how = signal === undefined ? `with exit code ${exitCode}` : `by ${signal}`;
      const next = `another is started in ${restartMs / 1000} s`;
      this.#options.logger.warn(fields, `A worker process died ${how}: ${next}`);
      if (!(await pauseFor(restartMs, this.#stopping.signal))) return exitCode;
      restartMs = Math.min(restartMs * 2, RESTART_MAX_MS);
    }
  }

  async #runOnce(): Promise<Death> {
    const [program, ...args] = this.#options.command;
    // A group of its own: Ctrl-C reaches the supervisor alone, which tells its processes once.
    const child = spawn(program, args, {
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    this.#children.add(child);
    try {
      await once(child, 'exit');
    } catch {
      return { exitCode: EXIT.defect, signal: undefined };
    } finally {
      this.#children.delete(child);
    }
    return { exitCode: child.exitCode ?? EXIT.defect, signal: child.signalCode ?? undefined };
  }

  #signalAll(signal: NodeJS.Signals): void {
    for (const child of this.#children) child.kill(signal);
  }
}
