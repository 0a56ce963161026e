import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { EXIT } from '../../shared/base/errors.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { KEYS } from '../../shared/redis/keys.js';
import { BEGUN_FIELD } from '../../shared/runs/series.js';
import { until } from '../support/condition.js';
import { startTestRedis, type TestRedis } from '../support/redis-server.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import {
  type Ending,
  runInProcess,
  type RunningCommand,
  startCommandLine,
} from './command-line.js';

let redis: TestRedis;
let connection: RedisConnection;
let env: Record<string, string>;

beforeAll(async () => {
  redis = await startTestRedis(['--appendonly', 'yes']);
  connection = redis.connect();
  env = { REDIS_URL: redis.url };
});

// A worker that was killed leaves a job behind, which the next would take up and finish.
beforeEach(() => connection.flushall());

afterAll(() => redis.stop());

describe('the first signal', () => {
  test('ends waiting, not the run, with its own exit code', async () => {
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

    const stopped = await Promise.all(signals.map(stopWaitingBy));

    expect(stopped.map(({ ended }) => ended)).toMatchObject([
      { exitCode: EXIT.interrupted, stdout: '' },
      { exitCode: EXIT.terminated, stdout: '' },
      { exitCode: EXIT.hungUp, stdout: '' },
    ]);
    for (const { ended, name } of stopped) {
      expect(ended.stderr).toMatch(new RegExp(`Wait again with: .*comic-queue wait ${name};`));
      expect(ended.stderr).toContain(`comic-queue cancel ${name}`);
      const cancelled = await runInProcess(['cancel', name], { env });
      expect(cancelled.stderr).toContain(`${name} is cancelled`);
    }
  });

  test('ends adding jobs with how many are queued, and the command that adds the others', async () => {
    const far = { REDIS_URL: await farRedis() };
    const adding = await startCommandLine(['enqueue', 'comics', '1-20000'], { env: far });
    const name = await runBeingAdded(20_000);

    adding.signal('SIGINT');

    const { exitCode, stderr } = await adding.ended;
    const [, command = ''] =
      /[\d,]+ of 20,000 are queued; go on with: REDIS_URL=\S+ comic-queue (.*)$/m.exec(stderr) ??
      [];
    expect(exitCode).toBe(EXIT.interrupted);
    expect(command).toBe(`enqueue --resume ${name}`);
    const resumed = await runInProcess(command.split(' '), { env });
    expect(resumed).toMatchObject({ exitCode: EXIT.ok, stdout: `${name}\n` });
    expect(resumed.stderr).toContain('20,000 queued in comics');
  });

  test('lets a worker finish what is in flight, and leave with 0', async () => {
    const worker = await workerWithActiveJob(3);

    worker.signal('SIGTERM');

    expect(await worker.ended).toMatchObject({ exitCode: EXIT.ok, stdout: '' });
    expect(worker.stderr).toMatch(/left after .*: 1 slept/i);
    const status = await runInProcess(['status', '--json'], { env });
    expect(status.stdout).toContain('"queue":"sleeps","waiting":0,"active":0,"delayed":0,');
  });

  test('lets a worker leave with 0 when its terminal is closed', async () => {
    const worker = await startCommandLine(['work', '--kinds', 'sleeps'], { env });
    await worker.untilSaid(/Ctrl-C takes no more/);

    worker.signal('SIGHUP');

    expect(await worker.ended).toMatchObject({ exitCode: EXIT.ok, stdout: '' });
    expect(worker.stderr).toContain('Stopping: finishing the jobs in flight.');
  });

  test('stops the stand-in and the board with 0', async () => {
    const services = await Promise.all([
      startCommandLine(['origin'], { env }),
      startCommandLine(['dashboard', '--port', '0'], { env }),
    ]);
    await Promise.all(services.map((service) => service.untilSaid(/http:\/\/127\.0\.0\.1:\d+/)));

    for (const service of services) service.signal('SIGINT');

    const endings = await Promise.all(services.map(({ ended }) => ended));
    expect(endings.map(({ exitCode }) => exitCode)).toEqual([EXIT.ok, EXIT.ok]);
  });
});

test('an echo of the first signal, as npm sends it, is not a second one', async () => {
  const worker = await workerWithActiveJob(3);

  worker.signal('SIGINT');
  await worker.untilSaid(/Stopping/);
  worker.signal('SIGINT');

  expect(await worker.ended).toMatchObject({ exitCode: EXIT.ok });
});

test('the second signal ends a worker at once', async () => {
  const worker = await workerWithActiveJob(60);

  worker.signal('SIGINT');
  await worker.untilSaid(/Stopping/);
  worker.signal('SIGTERM');

  expect((await worker.ended).exitCode).toBe(EXIT.terminated);
});

test('a run that is cancelled while it is being queued ends its producer with 1', async () => {
  const producer = await startCommandLine(['enqueue', 'comics', '1-1000000'], { env });
  const name = await runBeingAdded(1_000_000);

  await runInProcess(['cancel', name], { env });

  const ended = await producer.ended;
  expect(ended).toMatchObject({ exitCode: EXIT.jobFailed, stdout: `${name}\n` });
  expect(ended.stderr).toContain(`${name} was cancelled when`);
});

test('watching one run ends with it', async () => {
  const enqueued = await runInProcess(['enqueue', 'sleeps', '1'], { env });
  const name = enqueued.stdout.trim();
  const watching = await startCommandLine(['status', name, '--watch', '--json'], { env });
  await watching.untilSaid(/"state":"sealed"/);

  const worker = await startCommandLine(['work', '--kinds', 'sleeps'], { env });

  const ended = await watching.ended;
  worker.signal('SIGINT');
  worker.signal('SIGTERM');
  await worker.ended;
  expect(ended.exitCode).toBe(EXIT.ok);
  expect(ended.stdout.trim().split('\n').at(-1)).toContain('"state":"ended"');
});

test('several worker processes are one command: a signal ends them all', async () => {
  const work = await startCommandLine(['work', '--processes', '2', '--kinds', 'sleeps'], { env });
  await work.untilSaid(/2 worker processes/);
  const watching = await startCommandLine(['status', '--watch', '--json'], { env });
  const [, pids = ''] = await watching.untilSaid(
    /"workers":(\[\{.*"pid":\d+.*"pid":\d+.*\}\]),"runs"/,
  );
  watching.signal('SIGINT');

  work.signal('SIGINT');

  expect(await work.ended).toMatchObject({ exitCode: EXIT.ok });
  const workers: { pid: number }[] = JSON.parse(pids);
  for (const { pid } of workers) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

test('a reader that leaves early ends a stream quietly', async () => {
  const watching = await startCommandLine(['status', '--watch', '--json'], { env });
  await watching.untilSaid(/"queues"/);

  watching.process.stdout?.destroy();

  const { exitCode, stderr } = await watching.ended;
  expect({ exitCode, stderr }).toEqual({ exitCode: EXIT.ok, stderr: '' });
});

test('a taken port ends the board with 71', async () => {
  const origin = await startCommandLine(['origin'], { env });
  const [, port = ''] = await origin.untilSaid(/http:\/\/127\.0\.0\.1:(\d+)/);

  const { exitCode, stderr } = await runInProcess(['dashboard', '--port', port], { env });

  expect(exitCode).toBe(EXIT.portTaken);
  expect(stderr).toContain(port);
});

/**
 * The URL of the Redis as from far away, for the time of a test: what takes many exchanges with it takes
 * seconds, however fast or busy this machine is.
 */
async function farRedis(): Promise<string> {
  const link = await TcpProxy.start({ path: redis.url.slice('unix://'.length) });
  onTestFinished(() => link.close());
  link.latencyMs = 50;
  return `redis://127.0.0.1:${link.port}`;
}

/** Sends a signal to a command that waits for a run. */
async function stopWaitingBy(signal: NodeJS.Signals): Promise<{ ended: Ending; name: string }> {
  const waiting = await startCommandLine(['enqueue', 'sleeps', '60', '--wait'], { env });
  const [, name = ''] = await waiting.untilSaid(/(run-\d+): 1 asked for/);
  // The waiting has begun once it says on stderr that no worker is connected.
  await waiting.untilSaid(/no worker connected/);
  waiting.signal(signal);
  return { ended: await waiting.ended, name };
}

/** A worker that has just begun to sleep for some seconds. */
async function workerWithActiveJob(seconds: number): Promise<RunningCommand> {
  const worker = await startCommandLine(['work', '--kinds', 'sleeps'], { env });
  await worker.untilSaid(/Ctrl-C takes no more/);
  const enqueued = await runInProcess(['enqueue', 'sleeps', String(seconds)], { env });
  expect(enqueued.exitCode).toBe(EXIT.ok);
  // BullMQ's list of active jobs would not do: a job on it may not have reached the worker yet.
  const run = Number(await connection.get(KEYS.runCounter));
  await until('the job has begun', () => connection.hexists(KEYS.tally(run), BEGUN_FIELD));
  return worker;
}

/** The name of the run of so many jobs, once some of them are queued and not all. */
function runBeingAdded(jobs: number): Promise<string> {
  return until('jobs are acknowledged', async () => {
    const number = Number(await connection.get(KEYS.runCounter));
    const [total, acknowledged] = await connection.hmget(KEYS.run(number), 'total', 'acknowledged');
    return total === String(jobs) && Number(acknowledged) > 0 ? `run-${number}` : undefined;
  });
}
