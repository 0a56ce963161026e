import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PanelView } from '../../../dashboard/api/panel-view.js';
import { until } from '../../support/condition.js';
import { ask, startWorkedBoard, type WorkedBoard } from '../board-under-test.js';

/** A board that waited for the frozen Redis would never answer. */
const ANSWERED_WITHIN_MS = 20_000;

let worked: WorkedBoard;

beforeAll(async () => {
  worked = await startWorkedBoard(5);
});

afterAll(async () => {
  await worked.close();
});

/** Asks for a path; its status, and fails when the answer took too long. */
async function statusOf(path: string): Promise<number> {
  const askedAt = performance.now();
  const { status } = await ask(`${worked.board.url}${path}`);
  const tookMs = performance.now() - askedAt;
  if (tookMs > ANSWERED_WITHIN_MS) throw new Error(`${path} took ${Math.round(tookMs)} ms`);
  return status;
}

async function panel(): Promise<PanelView> {
  return JSON.parse((await ask(`${worked.board.url}/api/throughput`)).text) as PanelView;
}

async function queueNames(): Promise<string[]> {
  const { text } = await ask(`${worked.board.url}/api/queues`);
  return (JSON.parse(text) as { queues: { name: string }[] }).queues.map(({ name }) => name);
}

/** How long the quickest of some calls took: on a busy machine others wait for the processor. */
async function quickestMs(call: () => Promise<unknown>, times: number): Promise<number> {
  let quickest = Number.POSITIVE_INFINITY;
  for (let count = 0; count < times; count += 1) {
    const startMs = performance.now();
    await call();
    quickest = Math.min(quickest, performance.now() - startMs);
  }
  return quickest;
}

describe('a board whose Redis freezes', () => {
  it('answers in time, says so, shows the last figures, and goes on by itself', async () => {
    const before = await panel();
    const list = await queueNames();
    worked.place.redis.process.kill('SIGSTOP');

    const first = await Promise.all(['/api/throughput', '/api/queues', '/runs'].map(statusOf));
    await until('the board knows', async () => (await statusOf('/readyz')) === 503);
    const during = await panel();
    const later = await Promise.all(
      ['/', '/healthz', '/metrics', '/api/runs', '/api/queues?activeQueue=comics'].map(statusOf),
    );
    const page = await ask(`${worked.board.url}/runs`, { headers: { accept: 'text/html' } });
    const staleList = await queueNames();
    const knowingMs = await quickestMs(queueNames, 5);
    worked.place.redis.process.kill('SIGCONT');
    await until('the board is back', async () => (await statusOf('/readyz')) === 200);

    expect(first).toEqual([200, 200, 503]);
    expect(during.redisDownForMs).toBeGreaterThan(0);
    expect(during.run).toEqual(before.run);
    expect(later).toEqual([200, 200, 200, 503, 503]);
    expect(page.text).toContain('<meta http-equiv="refresh"');
    // Known to be away, Redis is not even asked: commands must not pile up.
    expect(knowingMs).toBeLessThan(1000);
    expect(staleList).toEqual(list);
    expect(list).toContain('comics');
    expect((await panel()).redisDownForMs).toBe(0);
    expect(await statusOf('/api/runs')).toBe(200);
  });

  it('tells Prometheus', async () => {
    worked.place.redis.process.kill('SIGSTOP');
    await until('the board knows', async () => (await statusOf('/readyz')) === 503);
    const { text } = await ask(`${worked.board.url}/metrics`);
    worked.place.redis.process.kill('SIGCONT');
    await until('the board is back', async () => (await statusOf('/readyz')) === 200);

    expect(text).toContain('comic_queue_redis_up 0');
  });
});
