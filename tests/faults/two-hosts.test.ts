/** Workers on two hosts that share a Redis, and a directory or a bucket for their results. */

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, type TestContext } from 'vitest';
import { listWorkers } from '../../shared/queues/heartbeat.js';
import { until } from '../support/condition.js';
import { freePort } from '../support/free-port.js';
import { startTestRedis } from '../support/redis-server.js';
import { layerOver } from '../support/s3-layer.js';
import { S3_CREDENTIALS, startS3rver } from '../support/s3rver.js';
import { ip, requireHost } from './harness/network-host.js';
import { ProductProcess } from './harness/product-process.js';

/** Addresses for documentation: nobody's. What both hosts share is at the first of them. */
const HUB = '198.51.100.9';
const HOSTS = [
  { name: 'a', here: HUB, there: '198.51.100.10' },
  { name: 'b', here: '198.51.100.13', there: '198.51.100.14' },
] as const;
type Host = (typeof HOSTS)[number];

/** Each host has a stand-in of its own there: only its own loopback may be asked over http. */
const SITE_PORT = 4000;
const SITE = `http://127.0.0.1:${SITE_PORT}`;

const COMICS = 200;

let cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const clean of cleanUp.toReversed()) await clean();
  cleanUp = [];
});

function namespaceOf({ name }: Host): string {
  return `cq-two-${name}-${process.pid}`;
}

function within(host: Host): string[] {
  return ['ip', 'netns', 'exec', namespaceOf(host)];
}

/** Two hosts beside this one, or the reason why there can be none. */
function requireHosts(context: TestContext): void {
  for (const host of HOSTS) {
    const namespace = namespaceOf(host);
    const link = `cqt${host.name}${process.pid % 100_000}`;
    const { here, there } = host;
    requireHost(context, { namespace, link, here, there }, (clean) => cleanUp.push(clean));
    ip('-n', namespace, 'route', 'add', 'default', 'via', here);
  }
}

function start(host: Host, args: readonly string[], env: Record<string, string>): ProductProcess {
  const started = new ProductProcess(args, { env, within: within(host) });
  cleanUp.push(() => started.kill());
  return started;
}

async function startSite(host: Host): Promise<void> {
  const args = ['origin', '--port', String(SITE_PORT), '--latency', '20'];
  const site = start(host, args, {});
  await until('the stand-in', () => site.stdout.includes('export'));
}

/** The paths that the stand-in of a host was asked for. */
function askedAt(host: Host): string[] {
  const script = `fetch('${SITE}/__origin/requests').then((answer) => answer.text()).then(console.log)`;
  const args = ['netns', 'exec', namespaceOf(host), process.execPath, '-e', script];
  const { requests } = JSON.parse(execFileSync('ip', args, { encoding: 'utf8' })) as {
    requests: { path: string }[];
  };
  return requests.map(({ path }) => path);
}

async function sharedDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cq-two-'));
  cleanUp.push(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function sharedBucket(): Promise<string> {
  const server = await startS3rver();
  cleanUp.push(() => server.stop());
  return (await layerOver(server, { address: HUB })).location;
}

test.for([
  ['a directory', sharedDirectory],
  ['a bucket', sharedBucket],
] as const)(
  'two hosts that share %s store each comic once, and fetch none twice',
  { timeout: 120_000 },
  async ([, share], context) => {
    requireHosts(context);
    const port = await freePort();
    const open = ['--port', String(port), '--bind', HUB, '--protected-mode', 'no'];
    const redis = await startTestRedis(open);
    cleanUp.push(() => redis.stop());
    const env = {
      ...S3_CREDENTIALS,
      REDIS_URL: `redis://${HUB}:${port}`,
      COMIC_QUEUE_OUT: await share(),
      COMIC_QUEUE_COMIC_URL: `${SITE}/{id}/info.0.json`,
    };
    for (const host of HOSTS) await startSite(host);
    for (const host of HOSTS) start(host, ['work', '--kinds', 'comics', '-c', '4'], env);
    const connection = redis.connect();
    const workers = await until('both workers', async () => {
      const listed = await listWorkers(connection);
      return listed.length === HOSTS.length ? listed : undefined;
    });
    const enqueue = ['enqueue', 'comics', `501-${500 + COMICS}`, '--wait', '--json'];

    const first = start(HOSTS[0], enqueue, env);
    await first.ended;
    const again = start(HOSTS[1], enqueue, env);
    await again.ended;
    const verify = start(HOSTS[1], ['verify', '--json'], env);
    await verify.ended;

    expect(new Set(workers.map(({ storeId }) => storeId)).size).toBe(1);
    expect(JSON.parse(first.stdout)).toMatchObject({ outcomes: { stored: COMICS } });
    expect(JSON.parse(again.stdout)).toMatchObject({ outcomes: { kept: COMICS } });
    const asked = HOSTS.map(askedAt);
    expect(asked.map((paths) => paths.length > 0)).toEqual([true, true]);
    expect(asked.flat()).toHaveLength(COMICS);
    expect(new Set(asked.flat()).size).toBe(COMICS);
    expect(JSON.parse(verify.stdout)).toMatchObject({
      sound: COMICS,
      damaged: [],
      unrecorded: 0,
      files: { comics: COMICS },
    });
  },
);
