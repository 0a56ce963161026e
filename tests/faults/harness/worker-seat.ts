/** A place for one worker at a time: when it has ended, another may be started there. */

import { EXIT } from '../../../shared/base/errors.js';
import type { ProcessSample, ProductProcess } from './product-process.js';

/** As a service manager does: a worker that found no Redis when it started is started again. */
const START_AGAIN_AFTER_MS = 1000;

/** A worker that was told to stop. */
export interface WorkerStop {
  readonly exitCode: number | null;
  readonly tookMs: number;
}

/** A worker of this seat, over its whole life. */
export interface WorkerLife {
  readonly seat: string;
  readonly process: ProductProcess;
  endedAtMs: number;
  /** Whether it ended because a fault, or the end of the trial, ended it. */
  isExpected: boolean;
  readonly samples: ProcessSample[];
}

export class WorkerSeat {
  readonly name: string;
  readonly lives: WorkerLife[] = [];
  readonly stops: WorkerStop[] = [];
  readonly #start: () => ProductProcess;
  /** Whether a worker is to be here. */
  #isWanted = false;

  constructor(name: string, start: () => ProductProcess) {
    this.name = name;
    this.#start = start;
  }

  get process(): ProductProcess | undefined {
    const life = this.lives.at(-1);
    return life?.process.isRunning === true ? life.process : undefined;
  }

  /** Starts a worker where none runs. */
  ensure(): void {
    this.#isWanted = true;
    if (this.process !== undefined) return;
    const process = this.#start();
    const life: WorkerLife = {
      seat: this.name,
      process,
      endedAtMs: Number.POSITIVE_INFINITY,
      isExpected: false,
      samples: [],
    };
    this.lives.push(life);
    void process.ended.then(() => this.#onEnd(life));
  }

  #onEnd(life: WorkerLife): void {
    life.endedAtMs = Date.now();
    if (life.isExpected || !foundNoRedis(life.process)) return;
    life.isExpected = true;
    setTimeout(() => {
      if (this.#isWanted) this.ensure();
    }, START_AGAIN_AFTER_MS);
  }

  /** Records what the worker holds now. */
  sample(): void {
    const sample = this.process?.sample();
    if (sample !== undefined) this.lives.at(-1)?.samples.push(sample);
  }

  async kill(): Promise<void> {
    this.#expectEnd();
    await this.process?.kill();
  }

  freeze(): void {
    this.process?.signal('SIGSTOP');
  }

  thaw(): void {
    this.process?.signal('SIGCONT');
  }

  /** Asks the worker to stop, and waits for it, but not for ever. */
  async stop(limitMs: number): Promise<void> {
    this.#expectEnd();
    const { process } = this;
    if (process === undefined) return;
    const sinceMs = performance.now();
    const timer = setTimeout(() => process.signal('SIGKILL'), limitMs);
    process.signal('SIGTERM');
    await process.ended;
    clearTimeout(timer);
    if (foundNoRedis(process) || hadNotBegun(process)) return;
    this.stops.push({ exitCode: process.exitCode, tookMs: performance.now() - sinceMs });
  }

  #expectEnd(): void {
    this.#isWanted = false;
    const life = this.lives.at(-1);
    if (life?.process.isRunning === true) life.isExpected = true;
  }
}

/** Whether a worker left before it had begun, because Redis did not answer. */
function foundNoRedis({ exitCode, lines }: ProductProcess): boolean {
  return exitCode === EXIT.unavailable && lines.length === 1;
}

/** Whether a signal ended Node before the program could listen to it. */
function hadNotBegun({ exitCode, lines }: ProductProcess): boolean {
  return exitCode === null && lines.length === 0;
}
