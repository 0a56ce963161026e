/** What axe says of each page, in light and dark. */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comics } from '../../support/work-place.js';
import { lookAt, Stage } from './stage.js';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Buttons and pictures of Bull Board without a name: no theme gives them one. Ours are held to it. */
const BEYOND_A_THEME = ['button-name', 'svg-img-alt'];

const AXE_RUN = `(async () => {
  const ours = document.querySelector('#throughput-panel, main[data-live]');
  const rules = Object.fromEntries(${JSON.stringify(BEYOND_A_THEME)}.map((id) => [id, { enabled: false }]));
  const isBullBoard = document.querySelector('#root') !== null;
  const all = await axe.run('html', { resultTypes: ['violations'], rules: isBullBoard ? rules : {} });
  const own = ours === null ? { violations: [] } : await axe.run(ours, { resultTypes: ['violations'] });
  return [...all.violations, ...own.violations];
})()`;

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly target: unknown; readonly failureSummary: string }[];
}

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
  const { place } = stage;
  await place.startWorker();
  const asked = { kind: 'comic', inputs: comics(1, 20), refetch: true } as const;
  await place.report(await place.enqueue({ ...asked, baseline: true }));
  await place.report(await place.enqueue(asked));
  await place.report(await place.enqueue({ kind: 'search', inputs: [{ term: 'Your Name' }] }));
});

afterAll(async () => {
  await stage.close();
});

describe('axe finds no serious problem', () => {
  it.each([
    '/',
    '/queue/comics',
    '/queue/comics/r2.1',
    '/runs',
    '/runs/run-2',
    '/workers',
    '/results',
    '/results?kind=searches&q=a',
  ])('at %s, in light and in dark', async (path) => {
    await stage.visit(path, async (page) => {
      await page.locator('main').waitFor();
      await page.evaluate(await readFile(AXE, 'utf8'));
      for (const scheme of ['light', 'dark'] as const) {
        await lookAt(page, { scheme });
        await page.waitForTimeout(600);
        const isDark = await page.evaluate(
          'document.documentElement.classList.contains("dark-mode")',
        );
        const found: unknown = await page.evaluate(AXE_RUN);
        const serious = (found as Violation[]).filter(({ impact }) =>
          ['serious', 'critical'].includes(impact),
        );
        expect({ scheme, isDark, serious }).toEqual({
          scheme,
          isDark: scheme === 'dark',
          serious: [],
        });
      }
    });
  });
});
