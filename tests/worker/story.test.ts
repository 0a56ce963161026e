import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLogger } from '../../shared/base/logger.js';
import { openQueue, queueOf } from '../../shared/queues/queue.js';
import { pauseSite, setRate } from '../../shared/queues/site-state.js';
import { until } from '../support/condition.js';
import { comics, WorkPlace } from '../support/work-place.js';

let place: WorkPlace;
let lines: string[];
const logger = createLogger('info', (line) =>
  lines.push((JSON.parse(line) as { msg: string }).msg),
);

beforeEach(async () => {
  lines = [];
  place = await WorkPlace.open({ latencyMs: 10 });
});

afterEach(async () => {
  await place.close();
});

async function said(pattern: RegExp): Promise<string> {
  return until(`a line like ${pattern}`, () => lines.find((line) => pattern.test(line)));
}

it('is told from the first run to the sum at the end', async () => {
  const worker = await place.startWorker({ logger, verbose: true });

  await place.report(await place.enqueue({ kind: 'comic', inputs: comics(402, 404) }));
  await said(/^run-1 ended/);
  await worker.stop();

  expect(lines[0]).toBe('run-1 begins: 3 comics');
  expect(lines.slice(1, 4).toSorted()).toEqual([
    expect.stringMatching(/^comic 402 stored [\d.]+ k?B [\d.]+ ms$/),
    expect.stringMatching(/^comic 403 stored [\d.]+ k?B [\d.]+ ms$/),
    expect.stringMatching(/^comic 404 missing [\d.]+ ms$/),
  ]);
  expect(lines[4]).toMatch(
    /^run-1 ended: 2 stored, 1 missing; [\d.]+ s at concurrency \d: [\d.]+ jobs\/s$/,
  );
  expect(lines[5]).toMatch(/^Worker left after \d+ s: 2 stored, 1 missing$/);
  expect(lines).toHaveLength(6);
});

it('tells pauses with their reason and their end, and rates', async () => {
  await place.startWorker({ logger });
  const queue = openQueue(queueOf('comic', false).name, place.connection);

  await queue.pause();
  await said(/^comics is paused by hand$/);
  await queue.resume();
  await said(/^comics go on$/);
  lines.length = 0;
  const refusal = { reason: 'throttled', firstPauseMs: 1000, pauseMaxMs: 60_000 };
  await pauseSite(place.connection, 'comic', { ...refusal, retryAfterMs: 3000 });
  const paused = await said(/^comics is paused for another/);
  await said(/^comics go on$/);
  await setRate(place.connection, 'comic', 600_000);
  await said(/^The rate of comics: 6 an hour$/);
  await setRate(place.connection, 'comic', undefined);
  await said(/^The rate of comics: no rate any more$/);

  expect(paused).toContain('the site asked to be left alone for a while');
  expect(lines.filter((line) => line.includes('baseline'))).toEqual([]);
});

it('tells that Redis is gone and that it is back, once each', async () => {
  await place.startWorker({ logger });

  place.redis.process.kill('SIGKILL');
  await said(/^Redis is gone: /);
  await place.redis.restart();
  await said(/^Redis is back after \d+ s$/);

  expect(lines.filter((line) => line.includes('Redis is gone'))).toHaveLength(1);
  expect(lines.filter((line) => line.startsWith('Cannot take jobs'))).toEqual([]);
});

it('tells the steps of auto', async () => {
  await place.startWorker({
    logger,
    queues: new Map([[queueOf('sleep', false), 'auto']]),
    concurrencyMax: 8,
  });

  // They fill their slots however busy the machine is.
  const inputs = Array.from({ length: 400 }, () => ({ seconds: 0.1 }));
  await place.enqueue({ kind: 'sleep', inputs });

  expect(await said(/at once/)).toMatch(/^sleeps: 8 at once, 4 before at [\d.]+ jobs\/s$/);
});
