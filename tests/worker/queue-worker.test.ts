import { describe, expect, it } from 'vitest';
import { Semaphore } from '../../worker/queue-worker.js';

const LONG_MS = 60_000;

describe('a semaphore', () => {
  it('gives its slots first come, first served, as many at once as it has', async () => {
    const slots = new Semaphore(2);
    const order: string[] = [];
    const takers = ['a', 'b', 'c', 'd'].map(async (name) => {
      if ((await slots.acquire(LONG_MS)) === 'acquired') order.push(name);
    });
    await Promise.all(takers.slice(0, 2));
    expect(order).toEqual(['a', 'b']);
    expect(slots.inUse).toBe(2);

    slots.release();
    await takers[2];
    expect(order).toEqual(['a', 'b', 'c']);

    slots.release();
    await takers[3];
    expect(order).toEqual(['a', 'b', 'c', 'd']);
    expect(slots.inUse).toBe(2);
  });

  it('gives added slots at once, and removed ones never again', async () => {
    const slots = new Semaphore(1);
    await slots.acquire(LONG_MS);
    const second = slots.acquire(LONG_MS);

    slots.size = 2;
    expect(await second).toBe('acquired');

    slots.size = 1;
    const third = slots.acquire(LONG_MS);
    slots.release();
    expect(slots.inUse).toBe(1);
    slots.release();
    expect(await third).toBe('acquired');
    expect(slots.inUse).toBe(1);
  });

  it('lets nobody wait longer than the limit', async () => {
    const slots = new Semaphore(1);
    await slots.acquire(LONG_MS);

    expect(await slots.acquire(10)).toBe('late');

    slots.release();
    expect(slots.inUse).toBe(0);
  });

  it('turns away everybody while it is closed', async () => {
    const slots = new Semaphore(1);
    await slots.acquire(LONG_MS);
    const waiting = slots.acquire(LONG_MS);

    slots.close();
    slots.release();

    expect(await waiting).toBe('closed');
    expect(await slots.acquire(LONG_MS)).toBe('closed');
    expect(slots.inUse).toBe(0);
    slots.open();
    expect(await slots.acquire(LONG_MS)).toBe('acquired');
  });
});
