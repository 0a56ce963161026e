import { get } from 'node:http';
import { describe, expect, test } from 'vitest';
import { Ledger, type OriginStats } from '../../origin/ledger.js';
import { until } from '../support/condition.js';
import { ask, askJson, startOrigin } from './origin-client.js';

describe('Ledger', () => {
  test('numbers arrivals and keeps path, status, duration and fault', () => {
    const ledger = new Ledger();
    const first = ledger.arrive('/1', 1_000);
    const second = ledger.arrive('/2', 1_001);

    ledger.fault(second, 'reset');
    ledger.answer(first, 200);
    ledger.finish(first, 1_050);
    ledger.finish(first, 9_999);

    expect(ledger.active).toBe(1);
    expect(ledger.rows()).toEqual([
      {
        sequence: 1,
        atMs: performance.timeOrigin + 1_000,
        path: '/1',
        status: 200,
        durationMs: 50,
        fault: '',
      },
      {
        sequence: 2,
        atMs: performance.timeOrigin + 1_001,
        path: '/2',
        status: 0,
        durationMs: -1,
        fault: 'reset',
      },
    ]);
    expect(ledger.rows(1).map((row) => row.sequence)).toEqual([2]);
    expect(ledger.rows(2)).toEqual([]);
  });

  test('keeps the last 100,000, cuts long paths, and late news of older ones harm nothing', () => {
    const ledger = new Ledger();
    const oldest = ledger.arrive('/oldest', 0);
    for (let index = 0; index < 100_001; index += 1) ledger.arrive(`/${'x'.repeat(600)}`, index);

    ledger.answer(oldest, 503);
    ledger.fault(oldest, 'stall');
    ledger.finish(oldest, 5);

    const rows = ledger.rows();
    expect(rows).toHaveLength(100_000);
    expect(rows[0]?.sequence).toBe(3);
    expect(rows.at(-1)?.sequence).toBe(100_002);
    expect(rows.every((row) => row.status === 0 && row.fault === '')).toBe(true);
    expect(rows[0]?.path).toHaveLength(512);
    expect(ledger.stats()).toMatchObject({ requests: 100_002, byStatus: { 503: 1 } });
  });

  test('counts by second, for ten minutes', () => {
    const ledger = new Ledger();
    for (let second = 0; second < 1_000; second += 1) {
      ledger.finish(ledger.arrive('/', second * 1_000), second * 1_000);
      ledger.finish(ledger.arrive('/', second * 1_000), second * 1_000);
    }

    const { perSecond, concurrencyPeak } = ledger.stats();

    expect(perSecond.length).toBe(600);
    expect(perSecond.every(({ requests }) => requests === 2)).toBe(true);
    expect(concurrencyPeak).toBe(1);
  });
});

test('the stats and the ledger are served, and reset', async () => {
  const origin = await startOrigin();
  await ask(origin, '/1/info.0.json');
  await ask(origin, '/404/info.0.json');

  expect(await askJson(origin, '/__origin/stats')).toMatchObject({
    requests: 2,
    byStatus: { 200: 1, 404: 1 },
    active: 0,
    latest: 3_328,
  });
  expect(await askJson(origin, '/__origin/requests?after=1')).toMatchObject({
    requests: [{ sequence: 2, path: '/404/info.0.json', status: 404 }],
  });
  expect((await ask(origin, '/__origin/reset')).status).toBe(404);
  await ask(origin, '/__origin/reset', { method: 'POST' });
  expect(await askJson(origin, '/__origin/stats')).toMatchObject({ requests: 0, byStatus: {} });
});

test('a client that leaves is no longer active, and its request keeps status 0 for good', async () => {
  const origin = await startOrigin({ latencyMs: 2000 });
  const activeIs = (wanted: number): Promise<unknown> =>
    until(`${wanted} active`, async () => {
      const { active } = (await askJson(origin, '/__origin/stats')) as OriginStats;
      return active === wanted;
    });
  const leaving = get(`${origin.url}/1/info.0.json`);
  leaving.on('error', () => undefined);
  await activeIs(1);

  leaving.destroy();

  await activeIs(0);
  await ask(origin, '/2/info.0.json');
  expect(await askJson(origin, '/__origin/requests')).toMatchObject({
    requests: [{ status: 0 }, { status: 200 }],
  });
  expect(await askJson(origin, '/__origin/stats')).toMatchObject({ byStatus: { 200: 1 } });
});
