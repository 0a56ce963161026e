/**
 * Everything that a fault can hit: a Redis and a site, each behind a proxy, a small disk for the
 * results, and two workers in processes of their own. It records what was done to them and when.
 */

import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOrigin, type Origin } from '../../../origin/server.js';
import type { RedisConnection } from '../../../shared/redis/connection.js';
import { until } from '../../support/condition.js';
import { startTestRedis, type TestRedis } from '../../support/redis-server.js';
import { ProductProcess } from './product-process.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { WorkerSeat } from './worker-seat.js';

/** Jobs at once in each worker's queue of comics. */
export const SLOTS = 8;

/** The newest comic of the site. */
const LATEST = 1_000_000;

/** Comics whose answer is another's, always: they fail for good. One of a hundred is. */
export const BAD_IDS: ReadonlySet<number> = new Set(
  Array.from({ length: 2000 }, (_, index) => 77 + 100 * index),
);

const LASTING_FAULT = `other-num?ids=${[...BAD_IDS].join(',')}`;

/** Short enough for trouble of a second or two to show. */
const WORKER_SETTINGS = {
  COMIC_QUEUE_LOCK_MS: '2000',
  COMIC_QUEUE_FETCH_DEADLINE_MS: '3000',
  COMIC_QUEUE_SHUTDOWN_GRACE_MS: '5000',
  COMIC_QUEUE_BLOCK_PAUSE_MS: '500',
} as const;

/** As long as workers let their jobs go on when they stop. */
export const GRACE_MS = Number(WORKER_SETTINGS.COMIC_QUEUE_SHUTDOWN_GRACE_MS);

export interface StageOptions {
  readonly seed: number;
  /** How long an answer of the site takes. */
  readonly latencyMs: number;
  /** Jobs at once in each worker, where that is not {@link SLOTS}. */
  readonly slots?: number;
  /** Size of the disk for the results. */
  readonly diskMb: number;
  /** Modules that workers load before the program, such as one that plants a bug. */
  readonly imports?: readonly string[];
}

/** Something that was done to a part of the stage. */
export interface Disruption {
  /** The part: `redis`, `worker-1`. */
  readonly target: string;
  readonly name: string;
  /** From when it may have had an effect, and until when. */
  readonly fromMs: number;
  toMs: number;
  /** From when it was fully so, and until when; NaN where it never was. */
  heldFromMs: number;
  heldToMs: number;
}

/** A producer that has left. */
export interface ProducerEnd {
  readonly args: readonly string[];
  readonly exitCode: number | null;
  readonly said: string;
  /** The run that it says it has queued, and its size. */
  readonly acknowledged: { readonly run: number; readonly total: number } | undefined;
}

export class FaultStage {
  readonly redis: TestRedis;
  readonly redisLink: TcpProxy;
  readonly origin: Origin;
  readonly siteLink: TcpProxy;
  readonly out: string;
  /** Whether the results lie on a disk of their own, which takes root. */
  readonly hasDisk: boolean;
  readonly workers: readonly WorkerSeat[];
  readonly connection: RedisConnection;
  readonly disruptions: Disruption[] = [];
  readonly producers: ProducerEnd[] = [];
  readonly #directory: string;

  static async open(options: StageOptions): Promise<FaultStage> {
    const directory = await mkdtemp(join(tmpdir(), 'cq-faults-'));
    const origin = createOrigin({
      latencyMs: options.latencyMs,
      jitterMs: options.latencyMs,
      latest: LATEST,
      seed: options.seed,
      faults: [LASTING_FAULT],
    });
    await origin.start();
    // Durable, and quick to say that a script keeps it busy.
    const redis = await startTestRedis(
      ['--appendonly', 'yes', '--appendfsync', 'everysec'].concat([
        '--busy-reply-threshold',
        '100',
      ]),
    );
    const redisLink = await TcpProxy.start({ path: redis.url.slice('unix://'.length) });
    const siteLink = await TcpProxy.start({ port: Number(new URL(origin.url).port) });
    const out = join(directory, 'out');
    await mkdir(out);
    const hasDisk = mountDisk(out, options.diskMb);
    return new FaultStage(options, { directory, origin, redis, redisLink, siteLink, out, hasDisk });
  }

  private constructor(
    options: StageOptions,
    parts: Pick<FaultStage, 'origin' | 'redis' | 'redisLink' | 'siteLink' | 'out' | 'hasDisk'> & {
      readonly directory: string;
    },
  ) {
    this.#directory = parts.directory;
    this.origin = parts.origin;
    this.redis = parts.redis;
    this.redisLink = parts.redisLink;
    this.siteLink = parts.siteLink;
    this.out = parts.out;
    this.hasDisk = parts.hasDisk;
    this.connection = parts.redis.connect();
    const { imports = [], slots = SLOTS } = options;
    this.workers = ['worker-1', 'worker-2'].map(
      (seat) => new WorkerSeat(seat, () => this.#startWorker(seat, slots, imports)),
    );
  }

  /** Starts a command of the program that reaches Redis as the workers do. */
  startCommand(
    args: readonly string[],
    settings: Readonly<Record<string, string>> = {},
  ): ProductProcess {
    return new ProductProcess(args, { env: { ...this.#environment(), ...settings } });
  }

  /** Runs a command to its end. */
  async runCommand(args: readonly string[]): Promise<ProductProcess> {
    const command = this.startCommand(args);
    await command.ended;
    return command;
  }

  /** Runs a command that prints JSON, past the proxies. */
  async readCommand(args: readonly string[]): Promise<unknown> {
    const command = this.startCommand([...args, '--json'], { REDIS_URL: this.redis.url });
    await command.ended;
    return JSON.parse(command.stdout);
  }

  /** Starts a producer of consecutive comics; its end is recorded. */
  startProducer(first: number, last: number): ProductProcess {
    const args = ['enqueue', 'comics', `${first}-${last}`, '--attempts', '30', '--json'];
    const producer = this.startCommand(args);
    void producer.ended.then(() => this.recordProducer(args, producer));
    return producer;
  }

  recordProducer(args: readonly string[], producer: ProductProcess): void {
    const { exitCode, stdout, lines } = producer;
    this.producers.push({
      args,
      exitCode,
      said: lines.join('\n'),
      acknowledged: exitCode === 0 ? queuedRun(stdout) : undefined,
    });
  }

  /** Has the site answer with faults; what it always has comes after them. */
  async setSiteFaults(faults: readonly string[]): Promise<void> {
    const body = [...faults, LASTING_FAULT].join('\n');
    const response = await fetch(`${this.origin.url}/__origin/faults`, { method: 'POST', body });
    if (!response.ok) throw new Error(await response.text());
  }

  /** Ends all trouble, and sees that every part is there. */
  async mend(): Promise<void> {
    await this.setSiteFaults([]);
    this.redisLink.mode = 'passing';
    this.siteLink.mode = 'passing';
    for (const worker of this.workers) worker.ensure();
    await until('an answer of Redis', async () => (await this.connection.ping()) === 'PONG');
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.kill()));
    await Promise.all([this.redisLink.close(), this.siteLink.close()]);
    await this.origin.stop();
    await this.redis.stop();
    if (this.hasDisk) execFileSync('umount', ['--lazy', this.out]);
    await rm(this.#directory, { recursive: true, force: true });
  }

  #startWorker(seat: string, slots: number, imports: readonly string[]): ProductProcess {
    const args = ['work', '--kinds', 'comics', '-c', String(slots), '--out', this.out];
    return new ProductProcess(args, {
      // The seat is for modules that are to do something in one of the workers only.
      env: { ...this.#environment(), ...WORKER_SETTINGS, FAULTS_SEAT: seat },
      imports,
    });
  }

  #environment(): Record<string, string> {
    const site = `http://127.0.0.1:${this.siteLink.port}`;
    return {
      REDIS_URL: `redis://127.0.0.1:${this.redisLink.port}`,
      COMIC_QUEUE_DATA: join(this.#directory, 'data'),
      COMIC_QUEUE_COMIC_URL: `${site}/{id}/info.0.json`,
      COMIC_QUEUE_COMIC_LATEST_URL: `${site}/info.0.json`,
    };
  }
}

function queuedRun(stdout: string): ProducerEnd['acknowledged'] {
  const { run, queued } = JSON.parse(stdout) as { readonly run: number; readonly queued: number };
  return { run, total: queued };
}

/** Gives the results a disk of their own, which can be filled; says whether that is possible here. */
function mountDisk(path: string, sizeMb: number): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m`, 'tmpfs', path], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}
