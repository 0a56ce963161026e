/** The panel while something goes on, or wrong. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { liftPause, pauseSite } from '../../../shared/queues/site-state.js';
import { writeRunFields } from '../../../shared/runs/run-store.js';
import { comics } from '../../support/work-place.js';
import { figureOf, noticeOf, panelOf, picture, seen, Stage } from './stage.js';

const PAUSE = {
  reason: 'throttled',
  retryAfterMs: 60_000,
  firstPauseMs: 60_000,
  pauseMaxMs: 60_000,
} as const;

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open(['403?ids=905,910']);
  await stage.place.startWorker();
});

afterAll(async () => {
  await stage.close();
});

describe('a run that goes on', () => {
  it('moves within a second, and is exact after its end', async () => {
    const { place } = stage;
    await stage.visit(
      '/queue/sleeps',
      async (page) => {
        await panelOf(page).locator('.empty').waitFor();
        const number = await place.enqueue({ kind: 'sleep', inputs: sleeps(120, 0.4) });
        await panelOf(page).locator('.state', { hasText: 'running' }).waitFor();
        const texts = new Set<string>();
        const done = figureOf(page, 'Done');
        await expect.poll(async () => texts.add(await done.innerText()).size).toBeGreaterThan(2);
        await picture(page, 'running-dark');
        const report = await place.report(number);
        await panelOf(page).locator('.state', { hasText: 'done' }).waitFor();
        expect(await seen(figureOf(page, 'This run'))).toContain(
          (report.throughputPerSecond ?? 0).toFixed(1),
        );
      },
      { scheme: 'dark' },
    );
  });

  it('shows its rate on its card, its progress and its story in the queue of runs', async () => {
    const { place } = stage;
    let number = 0;
    await stage.visit('/', async (page) => {
      await panelOf(page).waitFor();
      number = await place.enqueue({ kind: 'sleep', inputs: sleeps(120, 0.4) });
      expect(await seen(page.getByText(/sleeps · \d+\.\d\/s/))).toContain('/s');
      await page.goto(`${stage.board.url}/queue/runs/run-${number}`);
      expect(await seen(page.getByText(/^\d+%$/))).toContain('%');
      await picture(page, 'progress');
    });
    const report = await place.report(number);
    await stage.visit(`/queue/runs/run-${number}`, async (page) => {
      const name = `120 sleeps · concurrency ${report.concurrency}:`;
      expect(await seen(page.getByText(name))).toContain('jobs/s');
      await page.getByText('Logs', { exact: true }).click();
      expect(await seen(page.getByText('120 asked for'))).toContain('queued in sleeps');
    });
  });
});

describe('what goes wrong', () => {
  it('is named with its reasons and what to type', async () => {
    const { place } = stage;
    const number = await place.enqueue({
      kind: 'comic',
      inputs: comics(900, 919),
      refetch: true,
    });
    await place.report(number);

    await stage.visit('/', async (page) => {
      const text = await seen(noticeOf(page, '2 of 20 failed: forbidden 2.'));
      expect(text).toContain(`comic-queue failed run-${number}`);
      expect(await seen(panelOf(page).locator('.state'))).toBe('done, with failures');
      await picture(page, 'failures');
    });
  });

  it('keeps its place while the time until it ends goes by: its command can be copied', async () => {
    const { connection } = stage.place;
    await stage.visit('/', async (page) => {
      await panelOf(page).locator('svg .line.run').waitFor();
      await pauseSite(connection, 'comic', PAUSE);
      const notice = noticeOf(page, 'comics is paused for another');
      const before = await seen(notice);
      await notice.getByRole('button', { name: 'Copy' }).focus();
      await expect.poll(() => notice.textContent()).not.toBe(before);
      expect(await panelOf(page).locator('button:focus').textContent()).toBe('Copy');
      await liftPause(connection, 'comic');
    });
  });

  it('says that Redis is gone, keeps the last figures, and recovers by itself', async () => {
    const { redis } = stage.place;
    await stage.visit(
      '/',
      async (page) => {
        await panelOf(page).locator('svg .line.run').waitFor();
        redis.process.kill('SIGSTOP');
        await noticeOf(page, 'Redis has not answered for').waitFor();
        expect(await panelOf(page).locator('svg .line.run').count()).toBe(1);
        await picture(page, 'redis-gone');
        redis.process.kill('SIGCONT');
        await noticeOf(page, 'Redis has not answered for').waitFor({ state: 'detached' });
      },
      { tolerates: /503/ },
    );
  });
});

describe('a sweep', () => {
  it('shows speed-up against concurrency', async () => {
    const { place } = stage;
    const asked = { kind: 'sleep', inputs: sleeps(10, 0.1), pass: 1 } as const;
    const group = await place.enqueue({ ...asked, baseline: true });
    await writeRunFields(place.connection, group, { group });
    await place.report(group);
    for (let step = 0; step < 3; step += 1) {
      await place.report(await place.enqueue({ ...asked, group }));
    }

    await stage.visit('/', async (page) => {
      await panelOf(page).getByRole('button', { name: 'By concurrency' }).click();
      await panelOf(page).getByRole('img', { name: 'Speed-up against concurrency' }).waitFor();
      expect(await panelOf(page).locator('svg .dot.run').count()).toBe(3);
      await panelOf(page).getByText('The figures as a table').click();
      await expect.poll(() => panelOf(page).locator('tbody tr').count()).toBe(3);
      expect(await panelOf(page).locator('thead').innerText()).toContain('speed-up');
      await picture(page, 'sweep');
    });
  });
});

function sleeps(count: number, seconds: number): { seconds: number }[] {
  return Array.from({ length: count }, () => ({ seconds }));
}
