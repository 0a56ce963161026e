/** Every page on a phone, a tablet and a desk, in light and dark: it fits, stays in place, and axe finds nothing. */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { siteIdentity } from '../../../shared/kinds/site.js';
import { startWatch } from '../../../shared/queues/watches.js';
import { comics } from '../../support/work-place.js';
import { panelOf, picture, Stage } from './stage.js';

const WIDTHS = [1400, 900, 768, 360] as const;
const SCHEMES = ['light', 'dark'] as const;

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Further than this no eye sees a page move. */
const SHIFT_MAX = 0.02;

/** Longer than fonts, the first figures and Bull Board's first list take. */
const SETTLED_MS = 1200;

/** Halfway from one theme's colours to the other's nothing has enough contrast. */
const CHANGES_COLOURS = 'document.getAnimations().some((one) => one instanceof CSSTransition)';

const PATHS = [
  '/',
  '/queue/comics',
  '/queue/comics/r2.1',
  '/queue/runs/run-2',
  '/queue/watches',
  '/runs',
  '/runs/run-2',
  '/workers',
  '/results',
  '/results?kind=searches&q=a',
  '/nothing/here',
] as const;

let stage: Stage;
let axe: string;

beforeAll(async () => {
  stage = await Stage.open(['403?ids=3']);
  axe = await readFile(AXE, 'utf8');
  const { place } = stage;
  await place.startWorker();
  const site = siteIdentity(place.sites.comic?.url ?? '');
  const watch = { kind: 'comic', everyMs: 3_600_000, site, pictures: false, known: 30 } as const;
  await startWatch(place.connection, watch);
  const asked = { kind: 'comic', inputs: comics(1, 30), refetch: true, selection: '1-30' } as const;
  await place.report(await place.enqueue({ ...asked, baseline: true }));
  await place.report(await place.enqueue(asked));
  await place.report(await place.enqueue({ kind: 'search', inputs: [{ term: 'Your Name' }] }));
});

afterAll(async () => {
  await stage.close();
});

describe('a page', () => {
  it.each(PATHS)('%s fits, stays in place, and is read by everyone', async (path) => {
    await stage.visit(
      path,
      async (page) => {
        await page.locator('main').waitFor();
        if (path === '/' || path.startsWith('/runs/')) await panelOf(page).locator('svg').waitFor();
        await page.waitForTimeout(SETTLED_MS);
        expect(await shiftOf(page)).toBeLessThan(SHIFT_MAX);
        await page.evaluate(axe);
        for (const colorScheme of SCHEMES) {
          await page.emulateMedia({ colorScheme });
          for (const width of WIDTHS) await expectFit(page, width, `${path} ${colorScheme}`);
          await page.setViewportSize({ width: colorScheme === 'light' ? 1400 : 360, height: 1000 });
          await expect.poll(() => page.evaluate(CHANGES_COLOURS)).toBe(false);
          expect(await violationsOf(page)).toEqual([]);
        }
      },
      { tolerates: /404/ },
    );
  });
});

/** How much has moved since the page was opened, as browsers count it. */
async function shiftOf(page: Page): Promise<number> {
  return (await page.evaluate(`new Promise((resolve) => {
    let sum = 0;
    new PerformanceObserver((list) => {
      for (const { value } of list.getEntries()) sum += value;
    }).observe({ type: 'layout-shift', buffered: true });
    setTimeout(() => resolve(sum), 50);
  })`)) as number;
}

/** Nothing has to be scrolled sideways, and below a desk's width nothing scrolls within what scrolls. */
async function expectFit(page: Page, width: number, what: string): Promise<void> {
  await page.setViewportSize({ width, height: 1000 });
  const found = await page.evaluate(`new Promise((resolve) => requestAnimationFrame(() => {
    const all = [...document.querySelectorAll('body, main, main *')];
    const trees = all.flatMap(({ shadowRoot }) => shadowRoot === null ? [] : [...shadowRoot.querySelectorAll('*')]);
    const scrolls = (one, to, size, extent) =>
      ['auto', 'scroll'].includes(getComputedStyle(one)[to]) && one[extent] > one[size] + 1;
    const nested = [...all, ...trees].filter((one) => one.nodeName !== 'MAIN').filter((one) =>
      scrolls(one, 'overflowX', 'clientWidth', 'scrollWidth') ||
      scrolls(one, 'overflowY', 'clientHeight', 'scrollHeight'));
    resolve({
      excess: document.documentElement.scrollWidth - innerWidth,
      nested: innerWidth > 800 ? [] : nested.map((one) => one.outerHTML.slice(0, 120)),
    });
  }))`);
  expect({ what, width, ...(found as object) }).toEqual({ what, width, excess: 0, nested: [] });
  await picture(page, `${what.replaceAll(/[^a-z0-9]+/g, '-')}-${width}`);
}

/** What axe finds that keeps people from reading or using the page. */
async function violationsOf(page: Page): Promise<unknown> {
  return page.evaluate(`axe.run('html', { resultTypes: ['violations'] }).then(({ violations }) =>
    violations
      .filter(({ impact }) => ['serious', 'critical'].includes(impact))
      .map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html, target }) => [target, html]) })))`);
}
