/** Our own pages on a phone, a tablet and a desk, in light and dark. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comics } from '../../support/work-place.js';
import { headingOf, panelOf, picture, seen, Stage } from './stage.js';

const PATHS = ['/runs', '/runs/run-2', '/workers', '/results', '/'] as const;
const WIDTHS = [360, 768, 1400] as const;

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open(['403?ids=3']);
  const { place } = stage;
  await place.startWorker();
  const asked = { kind: 'comic', inputs: comics(1, 30), refetch: true, selection: '1-30' } as const;
  await place.report(await place.enqueue({ ...asked, baseline: true }));
  await place.report(await place.enqueue(asked));
});

afterAll(async () => {
  await stage.close();
});

describe.each(WIDTHS)('at %i pixels', (width) => {
  it.each(['light', 'dark'] as const)('every page fits, in %s', async (scheme) => {
    for (const path of PATHS) {
      await stage.visit(
        path,
        async (page) => {
          await page.locator('main').waitFor();
          if (path.startsWith('/runs/') || path === '/')
            await panelOf(page).locator('svg').waitFor();
          const excess = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
          expect(`${path}: ${String(excess)}`).toBe(`${path}: 0`);
          const name = path === '/' ? 'board' : path.slice(1).replaceAll('/', '-');
          await picture(page, `${name}-${width}-${scheme}`);
        },
        { scheme, viewport: { width, height: 1000 } },
      );
    }
  });
});

describe('a view', () => {
  it('is in the address, and is the same where it is sent', async () => {
    let address = '';
    await stage.visit('/', async (page) => {
      const panel = panelOf(page);
      await panel.getByLabel('Run', { exact: true }).selectOption('1');
      await panel.getByLabel('Lay over it').selectOption('2');
      await panel.locator('svg .line.overlay').waitFor();
      address = page.url().slice(stage.board.url.length);
    });
    expect(address).toBe('/?run=1&with=2');

    await stage.visit('/runs/run-2?zoom=run', async (page) => {
      const panel = panelOf(page);
      const zoomed = panel.locator('button[aria-pressed="true"]', { hasText: 'Zoom to run' });
      await zoomed.waitFor();
      await panel.getByLabel('Run', { exact: true }).selectOption('1');
      await page.waitForURL('**/runs/run-1');
    });
    await stage.visit(address, async (page) => {
      await panelOf(page).locator('svg .line.overlay').waitFor();
      await headingOf(page, 'run-1').waitFor();
    });
  });

  it('of a run that is over says that a newer one goes on', async () => {
    const { place } = stage;
    const sleeps = Array.from({ length: 60 }, () => ({ seconds: 0.5 }));
    await stage.visit('/runs/run-2', async (page) => {
      await headingOf(page, 'run-2').waitFor();
      const number = await place.enqueue({ kind: 'sleep', inputs: sleeps });
      await panelOf(page)
        .locator('.notices a', { hasText: `run-${number}` })
        .click();
      expect(await seen(headingOf(page, `run-${number}`))).toContain('60 sleeps');
    });
  });
});

describe('a list', () => {
  it('is kept up to date, and filtered without a press of its button', async () => {
    const { place } = stage;
    await stage.visit('/runs', async (page) => {
      await page.locator('#runs tbody tr').first().waitFor();
      const number = await place.enqueue({ kind: 'search', inputs: [{ term: 'KOSS' }] });
      await page
        .locator('#runs')
        .getByRole('link', { name: `run-${number}` })
        .waitFor();
      await page.getByLabel('Queue').selectOption('searches');
      await page.waitForURL('**/runs?*queue=searches*');
      await expect.poll(() => page.locator('#runs tbody tr').count()).toBe(1);
      await page.getByRole('link', { name: 'jobs/s' }).click();
      await page.locator('th[aria-sort="descending"]', { hasText: 'jobs/s' }).waitFor();
    });
  });
});
