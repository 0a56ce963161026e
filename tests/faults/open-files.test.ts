/** Workers that may open too few files: refused at the start, or short of them in the middle of a run. */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { comicBody } from '../../origin/comics.js';
import { EXIT } from '../../shared/base/errors.js';
import { Report } from '../../shared/report/report.js';
import { until } from '../support/condition.js';
import { startTestRedis, type TestRedis } from '../support/redis-server.js';
import { PROGRAM, ProductProcess } from './harness/product-process.js';

const COMICS = 1500;
const SLOTS = 40;
const LATENCY_MS = 60;

/** So long is the worker without files: probes come 2, 4 and 8 s after the first failure. */
const SHORT_MS = 10_000;

const HAS_PRLIMIT = spawnSync('prlimit', ['--version']).status === 0;

let directory: string;
let site: Server;
let asked: number;
let redis: TestRedis;
let products: ProductProcess[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cq-files-'));
  asked = 0;
  site = closingSite().listen(0, '127.0.0.1');
  [redis] = await Promise.all([startTestRedis(), once(site, 'listening')]);
  products = [];
});

afterEach(async () => {
  await Promise.all(products.map((product) => product.kill()));
  site.closeAllConnections();
  site.close();
  await redis.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Ends each connection with its answer: every fetch needs another, and a file for it. */
function closingSite(): Server {
  return createServer(({ url = '' }, response) => {
    asked += 1;
    const id = Number(/^\/(\d+)\//.exec(url)?.[1]);
    const answer = () => response.writeHead(200, { Connection: 'close' }).end(comicBody(id));
    setTimeout(answer, LATENCY_MS * (1 + Math.random()));
  });
}

function environment(): Record<string, string> {
  const { port } = site.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    REDIS_URL: redis.url,
    COMIC_QUEUE_DATA: directory,
    COMIC_QUEUE_COMIC_URL: `${url}/{id}/info.0.json`,
    COMIC_QUEUE_COMIC_LATEST_URL: `${url}/info.0.json`,
  };
}

function start(args: readonly string[]): ProductProcess {
  const product = new ProductProcess(args, { env: environment() });
  products.push(product);
  return product;
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
    expect(asked).toBe(0);
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
      await until('some requests', () => asked > 200, 30_000);
      const open = (await readdir(`/proc/${worker.pid}/fd`)).length;

      allowFiles(worker, open - SLOTS);
      await worker.untilSaid(/Taking no more jobs until that works again/);
      const atFirst = asked;
      await passes(SHORT_MS);
      const refetched = asked - atFirst;
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
      expect(asked).toBeLessThanOrEqual(COMICS + 6 * SLOTS);
    },
    180_000,
  );
});

/** Bounds the files that a running process may open. */
function allowFiles({ pid }: ProductProcess, limit: number): void {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${limit}:`]);
}
