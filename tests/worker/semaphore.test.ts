import { describe, expect, it } from 'vitest';
import { Semaphore } from '../../worker/queue-worker.js';

const PATIENT_MS = 60_000;

describe('slots', () => {
  it('go to those who came first, as many at once as there are', async () => {
    const slots = new Semaphore(2);
    const order: string[] = [];
    const takers = ['a', 'b', 'c', 'd'].map(async (name) => {
      if ((await slots.take(PATIENT_MS)) === 'slot') order.push(name);
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

  it('that are added are taken at once, and those taken away are not given again', async () => {
    const slots = new Semaphore(1);
    await slots.take(PATIENT_MS);
    const second = slots.take(PATIENT_MS);

    slots.size = 2;
    expect(await second).toBe('slot');

    slots.size = 1;
    const third = slots.take(PATIENT_MS);
    slots.release();
    expect(slots.inUse).toBe(1);
    slots.release();
    expect(await third).toBe('slot');
    expect(slots.inUse).toBe(1);
  });

  it('are not waited for beyond the patience of who waits', async () => {
    const slots = new Semaphore(1);
    await slots.take(PATIENT_MS);

    expect(await slots.take(10)).toBe('late');

    slots.release();
    expect(slots.inUse).toBe(0);
  });

  it('turn everybody away while they are closed', async () => {
    const slots = new Semaphore(1);
    await slots.take(PATIENT_MS);
    const waiting = slots.take(PATIENT_MS);

    slots.close();
    slots.release();

    expect(await waiting).toBe('away');
    expect(await slots.take(PATIENT_MS)).toBe('away');
    expect(slots.inUse).toBe(0);
    slots.open();
    expect(await slots.take(PATIENT_MS)).toBe('slot');
  });
});
