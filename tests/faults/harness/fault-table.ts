/** The faults of random schedules: what each hits, for how long, and how it is done and undone. */

import { open, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GRACE_MS, type FaultStage } from './stage.js';
import type { ProxyMode, TcpProxy } from '../../support/tcp-proxy.js';
import type { WorkerSeat } from './worker-seat.js';

/** Ends a fault. */
export type Undo = () => unknown;

export interface FaultKind {
  /** Two faults of one target never overlap. */
  readonly target: string;
  /** Shortest and longest, in milliseconds. */
  readonly lastsMs: readonly [number, number];
  readonly needs?: 'a disk of its own (root)';
  /** Undefined where it cannot be done, because of another fault. */
  readonly begin: (stage: FaultStage) => Promise<Undo | undefined>;
}

/** How long a worker that was told to stop may take: its grace period, and what is due after it. */
export const STOP_MAX_MS = GRACE_MS + 8000;

const FILLER_BLOCK_BYTES = 1 << 20;

const NOTHING: Undo = () => {};

/** Every fault by name. A new one is an entry. */
export const FAULT_TABLE: ReadonlyMap<string, FaultKind> = new Map([
  ...workerFaults(0),
  ...workerFaults(1),
  ...redisFaults(),
  ...linkFaults('redis link', (stage) => stage.redisLink),
  ...linkFaults('site link', (stage) => stage.siteLink),
  ...siteFaults(),
  ...otherFaults(),
]);

type Entry = readonly [string, FaultKind];

function workerFaults(index: number): Entry[] {
  const target = `worker-${index + 1}`;
  const seatOf = ({ workers }: FaultStage): WorkerSeat => {
    const seat = workers[index];
    if (seat === undefined) throw new Error(`There is no ${target}`);
    return seat;
  };
  const restart = (seat: WorkerSeat) => () => seat.ensure();
  return [
    entry(`${target} killed`, target, [200, 3000], async (stage) => {
      await seatOf(stage).kill();
      return restart(seatOf(stage));
    }),
    entry(`${target} stopped`, target, [200, 2000], async (stage) => {
      await seatOf(stage).stop(STOP_MAX_MS);
      return restart(seatOf(stage));
    }),
    entry(`${target} frozen`, target, [300, 5000], async (stage) => {
      seatOf(stage).freeze();
      return () => seatOf(stage).thaw();
    }),
  ];
}

function redisFaults(): Entry[] {
  return [
    entry('redis killed', 'redis', [100, 3000], async ({ redis }) => {
      redis.process.kill('SIGKILL');
      await once(redis.process, 'exit');
      return () => redis.restart();
    }),
    entry('redis frozen', 'redis', [300, 4000], async ({ redis }) => {
      redis.process.kill('SIGSTOP');
      return () => redis.process.kill('SIGCONT');
    }),
    entry('redis full', 'redis', [500, 4000], async ({ connection }) => {
      await connection.config('SET', 'maxmemory', '1');
      return () => connection.config('SET', 'maxmemory', '0');
    }),
    entry('redis read-only', 'redis', [500, 4000], async ({ connection }) => {
      // A replica of a port where nobody answers.
      await connection.replicaof('127.0.0.1', '1');
      return () => connection.replicaof('NO', 'ONE');
    }),
    entry('redis busy', 'redis', [500, 3000], async ({ redis, connection }) => {
      const looping = redis.connect().eval('while true do end', 0);
      looping.catch(() => {});
      return async () => {
        while (
          String(await connection.script('KILL').catch(String)).startsWith('ReplyError: BUSY')
        );
      };
    }),
    entry('redis without its scripts', 'redis', [0, 0], async ({ connection }) => {
      await connection.script('FLUSH');
      return NOTHING;
    }),
    entry('redis without its clients', 'redis', [0, 0], async ({ connection }) => {
      await connection.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      return NOTHING;
    }),
  ];
}

function linkFaults(target: string, linkOf: (stage: FaultStage) => TcpProxy): Entry[] {
  const inMode = (mode: ProxyMode) => async (stage: FaultStage) => {
    linkOf(stage).mode = mode;
    return () => (linkOf(stage).mode = 'passing');
  };
  return [
    entry(`${target} slow`, target, [500, 5000], async (stage) => {
      linkOf(stage).latencyMs = 100;
      return () => (linkOf(stage).latencyMs = 0);
    }),
    entry(`${target} cut`, target, [50, 3000], inMode('cut')),
    entry(`${target} silent`, target, [300, 4000], inMode('silent')),
    entry(`${target} losing replies`, target, [20, 500], inMode('losing-replies')),
  ];
}

/** Of those that a site has for a while: every answer, or a third. */
function siteFaults(): Entry[] {
  const away = ['500', '502', '503', 'reset', 'hangup', 'no-header', 'stall'];
  const broken = ['truncate', 'cut-chunked', 'bad-chunk', 'cut-gzip', 'garbage', 'reset-body'];
  const refusing = ['429?retry-after=2', '503?retry-after=2', '429?retry-after=0', '429'];
  const all = [...away, ...refusing];
  const some = [...away, ...broken].map((name) => `${name}?rate=.3`);
  return [...all, ...some].map((fault) =>
    entry(`site ${fault}`, 'site', [500, 4000], async (stage) => {
      await stage.setSiteFaults([fault]);
      return () => stage.setSiteFaults([]);
    }),
  );
}

function otherFaults(): Entry[] {
  const fullDisk: FaultKind = {
    target: 'disk',
    lastsMs: [500, 4000],
    needs: 'a disk of its own (root)',
    begin: fillDisk,
  };
  return [
    ['results disk full', fullDisk],
    entry('queue paused', 'operator', [2000, 4000], (stage) =>
      operate(stage, ['pause', 'comics'], ['resume', 'comics']),
    ),
    entry('rate of 20 a second', 'operator', [2500, 5000], (stage) =>
      operate(stage, ['rate', 'comics', '20/s'], ['rate', 'comics', 'off']),
    ),
    entry('producer killed', 'producer', [0, 0], async (stage) => {
      const producer = stage.startProducer(1, 5000);
      // Time to load and to add some of its jobs.
      await delay(900);
      await producer.kill();
      return NOTHING;
    }),
    entry('another producer', 'producer', [0, 0], async (stage) => {
      const producer = stage.startProducer(1501, 2000);
      return () => producer.ended;
    }),
  ];
}

/** What a person does and takes back, for as long as it takes: Redis may be in trouble meanwhile. */
async function operate(
  stage: FaultStage,
  command: readonly string[],
  takenBackBy: readonly string[],
): Promise<Undo | undefined> {
  const { exitCode } = await stage.runCommand(command);
  if (exitCode !== 0) return undefined;
  return async () => {
    while ((await stage.runCommand(takenBackBy)).exitCode !== 0);
  };
}

async function fillDisk({ out }: FaultStage): Promise<Undo> {
  const path = join(out, 'filler');
  const filler = await open(path, 'w');
  const block = Buffer.alloc(FILLER_BLOCK_BYTES);
  // Until there is no room for half a block, then for less.
  for (let bytes = block.length; bytes >= 1024; bytes /= 2) {
    while (
      (await filler.write(block, 0, bytes).catch(() => ({ bytesWritten: 0 }))).bytesWritten > 0
    );
  }
  await filler.close();
  return () => rm(path, { force: true });
}

function entry(
  name: string,
  target: string,
  lastsMs: FaultKind['lastsMs'],
  begin: FaultKind['begin'],
): Entry {
  return [name, { target, lastsMs, begin }];
}
