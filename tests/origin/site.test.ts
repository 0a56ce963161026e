import { expect, test } from 'vitest';
import type { LedgerRow, OriginStats } from '../../origin/ledger.js';
import { createRandom } from '../../origin/random.js';
import type { Origin } from '../../origin/server.js';
import { nextHoldMs } from '../../origin/site.js';
import { until } from '../support/condition.js';
import { ask, askJson, startOrigin } from './origin-client.js';

async function rowsOf(origin: Origin): Promise<readonly LedgerRow[]> {
  // The origin's own JSON, read back in its own type.
  return ((await askJson(origin, '/__origin/requests')) as { requests: LedgerRow[] }).requests;
}

async function timed(origin: Origin, path: string): Promise<number> {
  const startMs = performance.now();
  await ask(origin, path);
  return performance.now() - startMs;
}

test('no answer comes before the latency has passed, one at a time or fifty together', async () => {
  const origin = await startOrigin({ latencyMs: 200 });

  const single = await timed(origin, '/1/info.0.json');
  const together = await Promise.all(
    Array.from({ length: 50 }, (_, index) => timed(origin, `/${index + 1}/info.0.json`)),
  );

  expect(Math.min(single, ...together)).toBeGreaterThanOrEqual(200);
  const rows = await rowsOf(origin);
  expect(rows).toHaveLength(51);
  expect(Math.min(...rows.map((row) => row.durationMs))).toBeGreaterThanOrEqual(200);
  expect(await askJson(origin, '/__origin/stats')).toMatchObject({ active: 0 });
});

test('requests wait out their latency side by side', async () => {
  const origin = await startOrigin({ latencyMs: 3_600_000 });

  const asked = Array.from({ length: 50 }, (_, index) => ask(origin, `/${index + 1}/info.0.json`));
  const settled = Promise.allSettled(asked);

  await until('all of them are in flight', async () => {
    const { active } = (await askJson(origin, '/__origin/stats')) as OriginStats;
    return active === 50;
  });
  await origin.stop();
  expect(new Set((await settled).map(({ status }) => status))).toEqual(new Set(['rejected']));
});

function holds(seed: number): number[] {
  const random = createRandom(seed);
  return Array.from({ length: 1_000 }, () => nextHoldMs({ latencyMs: 50, jitterMs: 40 }, random));
}

test('jitter adds up to its limit, the same for the same seed', () => {
  expect(holds(3)).toEqual(holds(3));
  expect(holds(3)).not.toEqual(holds(4));
  expect(Math.min(...holds(3))).toBeGreaterThanOrEqual(50);
  expect(Math.min(...holds(3))).toBeLessThan(51);
  expect(Math.max(...holds(3))).toBeLessThan(90);
  expect(Math.max(...holds(3))).toBeGreaterThan(89);
});

test('no answer comes before its own jitter has passed, on a busy machine', async () => {
  const latency = { latencyMs: 1, jitterMs: 30 };
  const origin = await startOrigin({ ...latency, seed: 5 });
  const random = createRandom(5);

  await Promise.all(
    Array.from({ length: 300 }, (_, index) => ask(origin, `/${index + 1}/info.0.json`)),
  );

  const early = (await rowsOf(origin)).filter(
    (row) => row.durationMs < nextHoldMs(latency, random),
  );
  expect(early).toEqual([]);
});
