/** A trial: two workers and their producers at work while faults happen, and the verdict afterwards. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { LedgerRow } from '../../../origin/ledger.js';
import { pauseFor } from '../../../shared/base/wait.js';
import { queueKeys } from '../../../shared/queues/queue-keys.js';
import { KEYS } from '../../../shared/redis/keys.js';
import { isLive } from '../../../shared/runs/run.js';
import { listRuns } from '../../../shared/runs/run-store.js';
import { until } from '../../support/condition.js';
import { type BrokenPromise, brokenPromises } from './checker.js';
import { collectEvidence, comicOf, type Evidence, isWhole, readRequests } from './evidence.js';
import { STOP_MAX_MS } from './fault-table.js';
import type { PlannedFault } from './schedule.js';
import { FaultStage, SLOTS } from './stage.js';

/** Answers of the site take this long to twice as long. */
const LATENCY_MS = 60;

/** Comics of a producer, and how few must wait before there is another. */
const PRODUCER_COMICS = 1000;
const WAITING_MIN = 500;

/** Room for a result; a page of memory is the least that one takes. */
const RESULT_MB = 0.01;
const DISK_MIN_MB = 32;

/** After the trouble no run stands still for this long: backoff may be half a minute by then. */
const SETTLE_MS = 90_000;

/** On a busy machine Node alone takes seconds to start. */
const START_MAX_MS = 60_000;

const LOOK_EVERY_MS = 100;
const SAMPLE_EVERY_MS = 1000;

export interface TrialOptions {
  readonly seed: number;
  readonly faults: readonly PlannedFault[];
  /** How long there is work, faults or not. */
  readonly seconds: number;
  readonly latencyMs?: number;
  /** Modules that workers load before the program, such as one that plants a bug. */
  readonly imports?: readonly string[];
  /** Told of each fault as it begins, ends, or cannot be tried. */
  readonly onEvent?: (line: string) => void;
}

export interface Verdict {
  readonly broken: readonly BrokenPromise[];
  readonly evidence: Evidence;
  /** From the end of the trouble to the end of the last run. */
  readonly settledMs: number;
  /** Names of the faults that could not be tried here. */
  readonly skipped: readonly string[];
}

/** Runs a trial to its end. It leaves nothing behind. */
export async function runTrial(options: TrialOptions): Promise<Verdict> {
  const { seed, seconds, latencyMs = LATENCY_MS, imports = [] } = options;
  const comics = (2 * SLOTS * seconds * 1000) / latencyMs;
  const diskMb = Math.ceil(DISK_MIN_MB + comics * RESULT_MB);
  const stage = await FaultStage.open({ seed, latencyMs, diskMb, imports });
  try {
    return await new Trial(stage, options).run();
  } finally {
    await stage.close();
  }
}

class Trial {
  readonly #stage: FaultStage;
  readonly #options: TrialOptions;
  readonly #watching = new AbortController();
  readonly #seenWhole = new Set<string>();
  readonly #partial = new Set<string>();
  readonly #requests: LedgerRow[] = [];
  readonly #skipped = new Set<string>();
  readonly #startedAtMs = performance.now();

  constructor(stage: FaultStage, options: TrialOptions) {
    this.#stage = stage;
    this.#options = options;
  }

  async run(): Promise<Verdict> {
    for (const worker of this.#stage.workers) worker.ensure();
    const watchers = [this.#watchResults(), this.#watchWorkers()];
    await this.#makeTrouble();
    await this.#stage.mend();
    const mendedAtMs = performance.now();
    const settled = await this.#settle();
    const settledMs = performance.now() - mendedAtMs;
    this.#watching.abort();
    await Promise.all(watchers);
    await Promise.all(this.#stage.workers.map((worker) => worker.stop(STOP_MAX_MS)));
    await this.#readLedger();
    const seen = { partial: [...this.#partial], requests: this.#requests };
    const evidence = await collectEvidence(this.#stage, seen);
    const late: BrokenPromise[] = settled
      ? []
      : [{ promise: 'P7', fact: `runs stood still for ${SETTLE_MS / 1000} s after the trouble` }];
    return {
      broken: [...late, ...brokenPromises(evidence)],
      evidence,
      settledMs,
      skipped: [...this.#skipped],
    };
  }

  /** Keeps the workers busy while faults happen; resolves when all of them are over. */
  async #makeTrouble(): Promise<void> {
    const { faults, seconds } = this.#options;
    const { connection, workers } = this.#stage;
    await until(
      'both workers',
      async () => (await connection.zcard(KEYS.workers)) === workers.length,
      START_MAX_MS,
    );
    const feeding = new AbortController();
    const fed = this.#feed(feeding.signal);
    const sinceMs = performance.now();
    const busy = new Map<string, Promise<void>>();
    for (const fault of faults) {
      await delay(Math.max(0, sinceMs + fault.atMs - performance.now()));
      const before = busy.get(fault.kind.target) ?? Promise.resolve();
      busy.set(
        fault.kind.target,
        before.then(() => this.#happen(fault)),
      );
    }
    await Promise.all(busy.values());
    await delay(Math.max(0, sinceMs + seconds * 1000 - performance.now()));
    feeding.abort();
    await fed;
  }

  /** One producer after the other, each of the next comics, while few are waiting. */
  async #feed(signal: AbortSignal): Promise<void> {
    const { waiting } = queueKeys('comics');
    for (let first = 1; !signal.aborted; first += PRODUCER_COMICS) {
      await this.#stage.startProducer(first, first + PRODUCER_COMICS - 1).ended;
      do {
        const count = await this.#stage.connection.llen(waiting).catch(() => WAITING_MIN);
        if (count < WAITING_MIN) break;
      } while (await pauseFor(LOOK_EVERY_MS, signal));
    }
  }

  async #happen({ name, kind, lastsMs }: PlannedFault): Promise<void> {
    if (kind.needs !== undefined && !this.#stage.hasDisk) {
      this.#skipped.add(`${name} (needs ${kind.needs})`);
      return;
    }
    const disruption = {
      target: kind.target,
      name,
      fromMs: Date.now(),
      heldFromMs: Number.NaN,
      heldToMs: Number.NaN,
      toMs: Number.POSITIVE_INFINITY,
    };
    this.#stage.disruptions.push(disruption);
    this.#tell(name);
    const undo = await kind.begin(this.#stage);
    if (undo !== undefined) {
      disruption.heldFromMs = Date.now();
      await delay(lastsMs);
      disruption.heldToMs = Date.now();
      await undo();
    }
    disruption.toMs = Date.now();
    if (lastsMs > 0) this.#tell(`${name}: over`);
  }

  /** Has what was cut off gone on, and waits until every run has ended; says whether none stood still. */
  async #settle(): Promise<boolean> {
    const { connection } = this.#stage;
    let movedAtMs = performance.now();
    let before = '';
    while (performance.now() - movedAtMs < SETTLE_MS) {
      const runs = (await listRuns(connection, { limit: 1000 })).filter(isLive);
      if (runs.length === 0) return true;
      const open = runs.filter(({ state }) => state === 'open' || state === 'abandoned');
      for (const { number } of open) await this.#resume(number);
      const ended = await Promise.all(
        runs.map(({ number }) => connection.hget(KEYS.tally(number), 'ended')),
      );
      const now = ended.join(' ');
      if (now !== before) movedAtMs = performance.now();
      before = now;
      await delay(open.length > 0 ? 1000 : LOOK_EVERY_MS);
    }
    return false;
  }

  /** Refused while the run's producer may be alive, for a quarter of a minute: then it is tried again. */
  async #resume(run: number): Promise<void> {
    const args = ['enqueue', '--resume', `run-${run}`, '--json'];
    const command = await this.#stage.runCommand(args);
    if (command.exitCode === 0) this.#stage.recordProducer(args, command);
  }

  /** Rereads the results while they are written: none may be seen in part. */
  async #watchResults(): Promise<void> {
    const folder = join(this.#stage.out, 'comics');
    while (await pauseFor(LOOK_EVERY_MS, this.#watching.signal)) {
      for (const name of namesIn(folder)) {
        if (this.#seenWhole.has(name) || comicOf(name) === undefined) continue;
        if (isWhole(folder, name)) this.#seenWhole.add(name);
        else this.#partial.add(name);
      }
    }
  }

  async #watchWorkers(): Promise<void> {
    while (await pauseFor(SAMPLE_EVERY_MS, this.#watching.signal)) {
      for (const worker of this.#stage.workers) worker.sample();
      await this.#readLedger();
    }
  }

  /** A page of the ledger at a time: it keeps the newest rows only. */
  async #readLedger(): Promise<void> {
    const after = this.#requests.findLast(({ durationMs }) => durationMs >= 0)?.sequence ?? 0;
    const rows = await readRequests(this.#stage.origin.url, Math.max(0, after - 200));
    const first = rows[0]?.sequence;
    if (first === undefined) return;
    this.#requests.length = Math.min(this.#requests.length, first - 1);
    this.#requests.push(...rows);
  }

  #tell(line: string): void {
    const at = ((performance.now() - this.#startedAtMs) / 1000).toFixed(1).padStart(7);
    this.#options.onEvent?.(`${at} s  ${line}`);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
