/** Redis on a host of its own, whose network goes away: no connection is closed, packets vanish. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test, type TestContext } from 'vitest';
import { createOrigin, type Origin } from '../../origin/server.js';
import { until } from '../support/condition.js';
import { freePort } from '../support/free-port.js';
import { startTestRedis, type TestRedis } from '../support/redis-server.js';
import { ip, requireHost } from './harness/network-host.js';
import { ProductProcess } from './harness/product-process.js';

/** Addresses for documentation: nobody's. */
const HERE = '198.51.100.1';
const THERE = '198.51.100.2';
const NAMESPACE = `cq-faults-${process.pid}`;
const LINK = `cqf${process.pid % 100_000}`;

const COMICS = 400;

/** Twice what is promised, on a busy machine. */
const GOES_ON_WITHIN_MS = 6000;

let cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const clean of cleanUp.toReversed()) await clean();
  cleanUp = [];
});

function requireOther(context: TestContext): void {
  const host = { namespace: NAMESPACE, link: LINK, here: HERE, there: THERE };
  requireHost(context, host, (clean) => cleanUp.push(clean));
}

/** A server there; tests reach it by its socket whatever the network does. */
async function startRedis(port: number): Promise<TestRedis> {
  const open = ['--bind', THERE, '--protected-mode', 'no'];
  const there = ['ip', 'netns', 'exec', NAMESPACE];
  const redis = await startTestRedis(['--port', String(port), ...open], there);
  cleanUp.push(() => redis.stop());
  return redis;
}

async function startOrigin(): Promise<Origin> {
  const origin = createOrigin({ latencyMs: 60, jitterMs: 60, latest: 10_000 });
  await origin.start();
  cleanUp.push(() => origin.stop());
  return origin;
}

test.for([5000, 15_000])(
  'a worker that is cut off from Redis for %i ms goes on soon, and nothing is lost',
  { timeout: 120_000 },
  async (cutMs, context) => {
    requireOther(context);
    const port = await freePort();
    const redis = await startRedis(port);
    const origin = await startOrigin();
    const directory = await mkdtemp(join(tmpdir(), 'cq-apart-'));
    cleanUp.push(() => rm(directory, { recursive: true, force: true }));
    const env = {
      REDIS_URL: `redis://${THERE}:${port}`,
      COMIC_QUEUE_DATA: directory,
      COMIC_QUEUE_COMIC_URL: `${origin.url}/{id}/info.0.json`,
    };
    const enqueue = ['enqueue', 'comics', `501-${500 + COMICS}`, '--wait', '--json'];
    const producer = new ProductProcess(enqueue, { env: { ...env, REDIS_URL: redis.url } });
    const worker = new ProductProcess(['work', '--kinds', 'comics', '-c', '4'], { env });
    cleanUp.push(
      () => worker.kill(),
      () => producer.kill(),
    );
    const requests = async () => {
      const stats = await (await fetch(`${origin.url}/__origin/stats`)).json();
      return (stats as { requests: number }).requests;
    };
    await until('some requests', async () => (await requests()) > 50, 30_000);

    ip('link', 'set', LINK, 'down');
    await delay(cutMs);
    const before = await requests();
    ip('link', 'set', LINK, 'up');
    const sinceMs = performance.now();
    await until('requests again', async () => (await requests()) > before + 8, 20_000);

    expect(performance.now() - sinceMs).toBeLessThan(GOES_ON_WITHIN_MS);
    await producer.ended;
    expect(JSON.parse(producer.stdout)).toMatchObject({ ended: COMICS, state: 'ended' });
  },
);
