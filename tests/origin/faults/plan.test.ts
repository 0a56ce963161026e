import { describe, expect, test } from 'vitest';
import { createFaultPlan } from '../../../origin/faults/plan.js';
import { parseFault } from '../../../origin/faults/table.js';
import type { OriginStats } from '../../../origin/ledger.js';
import type { Target } from '../../../origin/answers.js';
import { until } from '../../support/condition.js';
import { ask, askJson, type Reply, startOrigin } from '../origin-client.js';

const SEARCH: Target = { page: 'search', term: 'KOSS' };

/** Which of the requests for comics 1, 2, 3, … (or others) meet a fault, by position from 1. */
function hits(fault: string, targets: readonly Target[], active = 1): number[] {
  const plan = createFaultPlan([parseFault(fault)], 1);
  return targets.flatMap((target, index) => {
    const path = target.page === 'comic' ? `/${target.number}` : `/${target.page}`;
    return plan.choose({ target, path, active, status: 200 }) === undefined ? [] : [index + 1];
  });
}

function comics(count: number): Target[] {
  return Array.from({ length: count }, (_, index) => ({ page: 'comic', number: index + 1 }));
}

describe('createFaultPlan', () => {
  test.each([
    ['503', [1, 2, 3, 4, 5, 6]],
    ['503?first=2', [1, 2]],
    ['503?every=3', [3, 6]],
    ['503?every=2&first=5', [2, 4]],
    ['503?ids=2-3,6', [2, 3, 6]],
    ['503?ids=2-6&first=2', [2, 3]],
    ['503?rate=0', []],
    ['503?rate=1', [1, 2, 3, 4, 5, 6]],
    ['503?only=searches', []],
    ['503?only=latest', []],
    ['consent', []],
  ])('%s hits comics %j of six', (fault, expected) => {
    expect(hits(fault, comics(6))).toEqual(expected);
  });

  test('each=N counts for every path', () => {
    expect(hits('503?each=1', [...comics(2), ...comics(2), ...comics(3)])).toEqual([1, 2, 7]);
    expect(hits('503?each=2', [...comics(1), ...comics(1), ...comics(1)])).toEqual([1, 2]);
  });

  test('each=N forgets the oldest of 100,000 paths', () => {
    const many = comics(100_001);
    const targets = [...many, ...many.slice(-1), ...many.slice(0, 1)];

    expect(hits('503?each=1', targets).slice(100_001)).toEqual([100_003]);
  });

  test('rate=P hits about that share, the same for the same seed', () => {
    const hit = hits('503?rate=0.1', comics(10_000));

    expect(hit.length).toBeGreaterThan(900);
    expect(hit.length).toBeLessThan(1_100);
    expect(hits('503?rate=0.1', comics(10_000))).toEqual(hit);
  });

  test('confines faults to their pages', () => {
    const targets: Target[] = [{ page: 'comic', number: 1 }, SEARCH, { page: 'latest' }];
    targets.push({ page: 'robot', query: new URLSearchParams() });

    expect(hits('503', targets)).toEqual([1, 2]);
    expect(hits('503?only=latest', targets)).toEqual([3]);
    expect(hits('503?ids=1', targets)).toEqual([1]);
    expect(hits('consent', targets)).toEqual([2]);
    expect(hits('html200', targets)).toEqual([1]);
  });

  test('limit hits above N in flight', () => {
    expect(hits('limit?above=20', comics(1), 20)).toEqual([]);
    expect(hits('limit?above=20', comics(1), 21)).toEqual([1]);
  });

  test('the first fault that fits counts', () => {
    const plan = createFaultPlan(['503?ids=1', '429'].map(parseFault), 1);
    const names = comics(2).map(
      (target) => plan.choose({ target, path: '', active: 1, status: 200 })?.name,
    );

    expect(names).toEqual(['503', '429']);
  });
});

describe('an origin with faults', () => {
  test('keeps a 404 a 404, and notes in the ledger which request met what', async () => {
    const origin = await startOrigin({ faults: ['503?every=2'] });

    const statuses: number[] = [];
    for (const number of [404, 1, 2, 3, 4]) {
      statuses.push((await ask(origin, `/${number}/info.0.json`)).status);
    }

    expect(statuses).toEqual([404, 200, 503, 200, 503]);
    expect(await askJson(origin, '/__origin/stats')).toMatchObject({
      byStatus: { 200: 2, 404: 1, 503: 2 },
      byFault: { '503': 2 },
      active: 0,
    });
    expect(await askJson(origin, '/__origin/requests?after=4')).toMatchObject({
      requests: [{ status: 503, fault: '503' }],
    });
  });

  test('takes other faults while it runs, and keeps the old ones when they are wrong', async () => {
    const origin = await startOrigin({ faults: ['503?first=1'] });
    const path = '/1/info.0.json';
    const change = (body: string) => ask(origin, '/__origin/faults', { method: 'POST', body });
    expect((await ask(origin, path)).status).toBe(503);

    await ask(origin, '/__origin/reset', { method: 'POST' });
    const afterReset = (await ask(origin, path)).status;
    const refused = await change('429\nnothing');
    const kept = await askJson(origin, '/__origin/faults');
    const changed = await change('429?ids=1\n\n503\n');

    expect(afterReset).toBe(503);
    expect(refused.status).toBe(400);
    expect(refused.body.toString()).toContain('there is no such fault');
    expect(kept).toEqual({ faults: ['503?first=1'] });
    expect(changed.body.toString()).toBe('{"faults":["429?ids=1","503"]}\n');
    expect((await ask(origin, path)).status).toBe(429);
    expect((await change('')).status).toBe(200);
    expect((await ask(origin, path)).status).toBe(200);
    expect(await askJson(origin, '/__origin/faults')).toEqual({ faults: [] });
  });

  test('cuts off a list of faults that is far too long', async () => {
    const origin = await startOrigin();
    const body = '503\n'.repeat(50_000);

    await expect(ask(origin, '/__origin/faults', { method: 'POST', body })).rejects.toThrow(
      /hang up|ECONNRESET|EPIPE/,
    );
  });

  test('limits what is in flight, and says so at once', async () => {
    const faults = ['limit?above=5&retry-after=1'];
    const origin = await startOrigin({ faults, latencyMs: 3_600_000 });
    const replies: Reply[] = [];

    const asked = Array.from({ length: 8 }, () =>
      ask(origin, '/1/info.0.json').then((reply) => replies.push(reply)),
    );
    const settled = Promise.allSettled(asked);
    const stats = await until('five are in flight, and the others answered', async () => {
      const found = (await askJson(origin, '/__origin/stats')) as OriginStats;
      return found.active === 5 && replies.length === 3 ? found : undefined;
    });
    await origin.stop();
    await settled;

    expect(stats).toMatchObject({ requests: 8, byStatus: { 429: 3 } });
    expect(replies.map(({ status }) => status)).toEqual([429, 429, 429]);
    expect(replies[0]?.headers['retry-after']).toBe('1');
  });
});
