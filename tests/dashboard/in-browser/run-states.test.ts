/** Every state of the panel, in the order in which a person meets them. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatRate, formatSpeedUp } from '../../../shared/report/format.js';
import { comics } from '../../support/work-place.js';
import {
  figureOf,
  headingOf,
  lookAt,
  NARROW,
  noticeOf,
  panelOf,
  picture,
  seen,
  Stage,
} from './stage.js';

const LOOKS = [
  { scheme: 'light', name: 'light' },
  { scheme: 'dark', name: 'dark' },
] as const;

const NARROW_LOOK = { scheme: 'light', name: 'narrow', viewport: NARROW } as const;

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});

afterAll(async () => {
  await stage.close();
});

describe('the panel', () => {
  it('says what to type before the first run', async () => {
    await stage.visit('/', async (page) => {
      for (const { name, ...look } of LOOKS) {
        await lookAt(page, look);
        const text = await seen(panelOf(page).locator('.empty'));
        expect(text).toContain('comic-queue compare comics 1-200 -c 50');
        await picture(page, `no-run-${name}`);
      }
    });
  });

  it('says that no worker is connected', async () => {
    await stage.place.enqueue({ kind: 'comic', inputs: comics(1, 40), refetch: true });

    await stage.visit('/', async (page) => {
      const text = await seen(noticeOf(page, 'No worker of comics is connected'));
      expect(text).toMatch(/Start one:.*comic-queue work/);
      expect(await seen(panelOf(page).locator('.state'))).toBe('no worker connected');
      await picture(page, 'no-worker');
    });
  });

  it('says how to get a baseline where there is none', async () => {
    const { place } = stage;
    await place.startWorker();
    const report = await place.report(1);

    await stage.visit('/', async (page) => {
      const text = await seen(noticeOf(page, 'one job at a time'));
      expect(text).toContain('comic-queue enqueue comics --input FILE --baseline');
      await expect.poll(() => figureOf(page, 'Done').innerText()).toContain('40');
      expect(await figureOf(page, 'Throughput').innerText()).toContain('no baseline yet');
      const rate = formatRate(report.throughputPerSecond ?? 0).split(' ')[0];
      expect(await figureOf(page, 'This run').innerText()).toContain(rate);
      await picture(page, 'no-baseline');
    });
  });
});

describe('a run with a baseline', () => {
  it('shows the figures of its report, on every page and in every look', async () => {
    const { place } = stage;
    const asked = { kind: 'comic', inputs: comics(1, 60), refetch: true } as const;
    const baseline = await place.report(await place.enqueue({ ...asked, baseline: true }));
    const report = await place.report(await place.enqueue({ ...asked, selection: '1-60' }));
    const speedUp = formatSpeedUp(report.comparison?.speedUp ?? 0);

    const name = `run-${report.run}`;
    for (const path of [
      '/',
      '/queue/comics',
      '/queue/runs',
      `/queue/runs/${name}`,
      `/runs/${name}`,
    ]) {
      await stage.visit(path, async (page) => {
        await headingOf(page, `${name} · 60 comics`).waitFor();
        const texts = await panelOf(page).locator('.figures').innerText();
        expect(texts).toContain(speedUp);
        expect(texts).toContain(formatRate(report.throughputPerSecond ?? 0).split(' ')[0]);
        expect(texts).toContain(formatRate(baseline.throughputPerSecond ?? 0).split(' ')[0]);
        if (path.startsWith('/queue/')) return;
        expect(texts).toContain(`run-${baseline.run} · one at a time`);
      });
    }
    await stage.visit('/queue/comics-baseline?panel=open', async (page) => {
      const text = await seen(figureOf(page, 'Throughput'));
      expect(text).toContain('one at a time');
    });
  });

  it('is drawn with its baseline and its ideal, wide and narrow', async () => {
    await stage.visit('/', async (page) => {
      await panelOf(page).locator('svg .line.run').waitFor();
      for (const { name, ...look } of [...LOOKS, NARROW_LOOK]) {
        await lookAt(page, look);
        expect(await panelOf(page).locator('svg .line.run').count()).toBe(1);
        expect(await panelOf(page).locator('svg .line.baseline').count()).toBe(1);
        expect(await panelOf(page).locator('svg .line.ideal').count()).toBe(1);
        const overflows = async (): Promise<unknown> =>
          page.evaluate('document.documentElement.scrollWidth > innerWidth');
        await expect.poll(overflows).toBe(false);
        await picture(page, `done-${name}`);
      }
    });
  });

  it('is remembered as picked, across navigation and reload', async () => {
    await stage.visit('/', async (page) => {
      const panel = panelOf(page);
      await headingOf(page, 'run-3').waitFor();
      await panel.getByLabel('Run', { exact: true }).selectOption('1');
      await panel.getByLabel('Lay over it').selectOption('3');
      await headingOf(page, 'run-1').waitFor();
      await panel.locator('svg .line.overlay').waitFor();
      await picture(page, 'overlay');

      await page.locator('aside').getByRole('link', { name: 'searches', exact: true }).click();
      const empty = await seen(panel.locator('.empty'));
      expect(empty).toContain('There is no run in searches yet');
      expect(empty).toMatch(/comic-queue enqueue searches Yash/);
      await page.locator('aside').getByRole('link', { name: 'comics', exact: true }).click();
      await headingOf(page, 'run-3').waitFor();
      await page.goto(stage.board.url);
      await panel.locator('svg .line.overlay').waitFor();
      expect(await panel.locator('h2').innerText()).toBe('run-1 · 40 comics');
    });
  });

  it('is read by keyboard, and as a table', async () => {
    await stage.visit('/', async (page) => {
      const panel = panelOf(page);
      await panel.locator('svg .line.run').waitFor();
      await panel.locator('.drawing').focus();
      await page.keyboard.press('End');
      await panel.locator('.readout', { hasText: 'run-3: 60' }).waitFor();
      await panel.getByText('The figures as a table').click();
      await panel.locator('tbody tr').last().waitFor();
      expect(await panel.locator('tbody tr').count()).toBe(10);
      expect(await panel.locator('tbody tr').last().innerText()).toContain('60');
    });
  });

  it('says that its baseline is of another size', async () => {
    const { place } = stage;
    await place.report(
      await place.enqueue({ kind: 'comic', inputs: comics(1, 20), refetch: true }),
    );

    await stage.visit('/', async (page) => {
      await headingOf(page, 'run-4').waitFor();
      const text = await seen(figureOf(page, 'Baseline'));
      expect(text).toContain('other selection: 60 comics');
      await picture(page, 'other-size');
    });
  });
});

describe('on a page of jobs the panel', () => {
  it('is one line high, so that the jobs are in sight, and opens', async () => {
    for (const path of ['/queue/comics', '/queue/comics/r4.1']) {
      await stage.visit(path, async (page) => {
        const panel = panelOf(page);
        await headingOf(page, 'run-4').waitFor();
        const height = async (): Promise<number> =>
          (await panel.locator('section').boundingBox())?.height ?? 0;
        await picture(page, path === '/queue/comics' ? 'queue-page' : 'job-page');
        await expect.poll(height).toBeLessThan(60);
        await panel.getByRole('button', { name: 'Chart' }).click();
        await panel.locator('svg .line.run').waitFor();
        expect(page.url()).toContain('panel=open');
      });
    }
  });
});

describe("Bull Board's overview", () => {
  it('has no tab that never fills', async () => {
    await stage.visit('/', async (page) => {
      const tabs = page.locator('main ul li a [data-text]:visible');
      await tabs.first().waitFor();
      const texts = await tabs.allTextContents();
      expect(texts).toEqual(['ALL', 'ACTIVE', 'WAITING', 'COMPLETED', 'FAILED', 'DELAYED']);
    });
  });

  it('links our pages in its header, in the same place on every page', async () => {
    await stage.visit('/', async (page) => {
      const links = page.getByRole('navigation', { name: 'Pages' });
      const left = async (): Promise<number> => (await links.boundingBox())?.x ?? 0;
      const placed = await left();
      expect(await links.locator('[aria-current]').innerText()).toBe('Board');
      await page.locator('aside').getByRole('link', { name: 'comics', exact: true }).click();
      await page.waitForURL('**/queue/comics');
      await links.locator('a:not([aria-current])', { hasText: 'Board' }).waitFor();
      expect(await left()).toBe(placed);
      await links.getByRole('link', { name: 'Workers' }).click();
      await page.waitForURL('**/workers');
    });
  });
});
