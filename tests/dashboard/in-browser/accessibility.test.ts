/** What axe says of each page, in light and dark. */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comics } from '../../support/work-place.js';
import { Stage } from './stage.js';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Bull Board's own parts are not ours to mend; ours stand apart from them in a shadow tree. */
const SCOPES = { '/': '#throughput-panel', '/queue/comics': '#throughput-panel' } as const;

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

describe.each(['light', 'dark'] as const)('in %s, axe', (scheme) => {
  it.each([
    ['/', SCOPES['/']],
    ['/queue/comics', SCOPES['/queue/comics']],
    ['/runs', 'html'],
    ['/runs/run-2', 'html'],
    ['/workers', 'html'],
    ['/results', 'html'],
    ['/results?kind=searches&q=a', 'html'],
  ])('finds no serious problem at %s', async (path, scope) => {
    await stage.visit(
      path,
      async (page) => {
        await page.locator(scope).waitFor();
        await page.waitForTimeout(600);
        await page.evaluate(await readFile(AXE, 'utf8'));
        const found: unknown = await page.evaluate(
          `axe.run(${JSON.stringify(scope)}, { resultTypes: ['violations'] }).then((r) => r.violations)`,
        );
        const serious = (found as Violation[]).filter(({ impact }) =>
          ['serious', 'critical'].includes(impact),
        );
        expect(serious).toEqual([]);
      },
      { scheme },
    );
  });
});
