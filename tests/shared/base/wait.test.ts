import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { pauseFor, wait, withDeadline } from '../../../shared/base/wait.js';

const ENOUGH = new Error('enough');

describe('wait()', () => {
  it('resolves after its time and leaves no listener behind', async () => {
    const { signal } = new AbortController();
    const start = performance.now();

    await wait(20, signal);

    expect(performance.now() - start).toBeGreaterThan(15);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it("rejects with the signal's reason at once, before or while waiting", async () => {
    const controller = new AbortController();
    const waiting = wait(60_000, controller.signal);

    controller.abort(ENOUGH);

    await expect(waiting).rejects.toBe(ENOUGH);
    await expect(wait(60_000, controller.signal)).rejects.toBe(ENOUGH);
  });
});

describe('pauseFor()', () => {
  it('says whether the time has passed', async () => {
    expect(await pauseFor(1, new AbortController().signal)).toBe(true);
    expect(await pauseFor(60_000, AbortSignal.abort())).toBe(false);
  });
});

describe('withDeadline()', () => {
  it('settles with the work', async () => {
    const failed = Promise.reject(ENOUGH);

    await expect(withDeadline(Promise.resolve(7), 60_000, () => ENOUGH)).resolves.toBe(7);
    await expect(withDeadline(failed, 60_000, () => new Error('late'))).rejects.toBe(ENOUGH);
  });

  it('gives up on work that takes too long', async () => {
    const never = new Promise(() => {});

    await expect(withDeadline(never, 10, () => ENOUGH)).rejects.toBe(ENOUGH);
  });
});
