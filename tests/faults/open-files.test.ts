/** Workers that may open too few files: refused at the start, or short of them in the middle of a run. */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createOrigin, type Origin } from '../../origin/server.js';
import { EXIT } from '../../shared/base/errors.js';
import { Report } from '../../shared/report/report.js';
import { until } from '../support/condition.js';
import { startTestRedis, type TestRedis } from '../support/redis-server.js';
import { PROGRAM, ProductProcess } from './harness/product-process.js';

const COMICS = 1500;
const SLOTS = 40;

/** So long is the worker without files: probes come 2, 4 and 8 s after the first failure. */
const SHORT_MS = 10_000;

const HAS_PRLIMIT = spawnSync('prlimit', ['--version']).status === 0;

let directory: string;
let origin: Origin;
let redis: TestRedis;
let products: ProductProcess[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cq-files-'));
  origin = createOrigin({ latencyMs: 60, jitterMs: 60, latest: 10_000 });
  [redis] = await Promise.all([startTestRedis(), origin.start()]);
  products = [];
});

afterEach(async () => {
  await Promise.all(products.map((product) => product.kill()));
  await Promise.all([redis.stop(), origin.stop()]);
  await rm(directory, { recursive: true, force: true });
});

function environment(): Record<string, string> {
  return {
    REDIS_URL: redis.url,
    COMIC_QUEUE_DATA: directory,
    COMIC_QUEUE_COMIC_URL: `${origin.url}/{id}/info.0.json`,
    COMIC_QUEUE_COMIC_LATEST_URL: `${origin.url}/info.0.json`,
  };
}

function start(args: readonly string[]): ProductProcess {
  const product = new ProductProcess(args, { env: environment() });
  products.push(product);
  return product;
}

async function requests(): Promise<number> {
  const response = await fetch(`${origin.url}/__origin/stats`);
  return ((await response.json()) as { requests: number }).requests;
}

async function passes(ms: number): Promise<void> {
  const sinceMs = performance.now();
  await until('a while has passed', () => performance.now() - sinceMs > ms);
}

describe('a worker with few open files', () => {
  it.each([
    ['ulimit -n 256', EXIT.badConfig],
    ['ulimit -H -n 4096; ulimit -S -n 256', EXIT.ok],
  ])('after "%s" leaves with %i', async (limit, exitCode) => {
    const args = [
      'work',
      '--kinds',
      'comics',
      '-c',
      '1000',
      '--drain',
      '--log-format',
      'text',
      '-q',
    ];
    const shell = ['-c', `${limit}; exec "$@"`, 'sh', process.execPath, PROGRAM, ...args];
    const env = { ...process.env, ...environment() };
    const worker = spawn('sh', shell, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    const [said] = await Promise.all([text(worker.stderr), once(worker, 'close')]);

    const lines = said.split('\n').filter((line) => line.includes('files'));
    expect([worker.exitCode, lines.length]).toEqual([exitCode, exitCode === EXIT.ok ? 0 : 1]);
    expect(await requests()).toBe(0);
  });

  it.runIf(HAS_PRLIMIT)(
    'in the middle of a run takes no more jobs until it has them again (needs prlimit)',
    async () => {
      const worker = start([
        'work',
        '--kinds',
        'comics',
        '-c',
        String(SLOTS),
        '--log-format',
        'text',
      ]);
      const run = ['enqueue', 'comics', `501-${500 + COMICS}`, '--wait', '--json'];
      const producer = start(run);
      await until('some requests', async () => (await requests()) > 200, 30_000);
      const open = (await readdir(`/proc/${worker.pid}/fd`)).length;

      allowFiles(worker, open - SLOTS);
      await worker.untilSaid(/Taking no more jobs until that works again/);
      const atFirst = await requests();
      await passes(SHORT_MS);
      const refetched = (await requests()) - atFirst;
      const told = worker.lines.filter((line) => line.includes('Taking no more jobs'));
      allowFiles(worker, 4096);
      await producer.ended;

      expect(refetched).toBeLessThanOrEqual(3 * SLOTS);
      expect(told.length).toBeLessThanOrEqual(4);
      expect(producer.exitCode).toBe(0);
      const { queued, ended, outcomes, retries } = Report.parse(JSON.parse(producer.stdout));
      expect([queued, ended, (outcomes.stored ?? 0) + (outcomes.kept ?? 0)]).toEqual([
        COMICS,
        COMICS,
        COMICS,
      ]);
      expect(retries).toEqual({});
      expect(await requests()).toBeLessThanOrEqual(COMICS + 6 * SLOTS);
    },
    180_000,
  );
});

/** Bounds the files that a running process may open. */
function allowFiles({ pid }: ProductProcess, limit: number): void {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${limit}:`]);
}
