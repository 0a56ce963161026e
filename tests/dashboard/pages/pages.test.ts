/** Our own pages, as the server writes them. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PanelView } from '../../../dashboard/api/panel-view.js';
import { siteIdentity } from '../../../shared/kinds/site.js';
import { startWatch } from '../../../shared/queues/watches.js';
import { openArchive } from '../../../shared/store/open-store.js';
import { until } from '../../support/condition.js';
import { comics, WorkPlace } from '../../support/work-place.js';
import { type Answer, ask, type BoardUnderTest, startBoard } from '../board-under-test.js';

const BROWSER = { accept: 'text/html,*/*;q=0.8' };

let place: WorkPlace;
let board: BoardUnderTest;

beforeAll(async () => {
  place = await WorkPlace.open({ faults: ['403?ids=3'] });
  board = await startBoard(place.redis, { results: openArchive(place.out), sites: place.sites });
  await place.startWorker();
  const asked = { kind: 'comic', inputs: comics(1, 15), refetch: true, selection: '1-15' } as const;
  await place.report(await place.enqueue({ ...asked, baseline: true }));
  await place.report(await place.enqueue({ ...asked, inputs: comics(1, 18), selection: '1-18' }));
  await place.report(await place.enqueue({ kind: 'search', inputs: [{ term: 'KOSS' }] }));
});

afterAll(async () => {
  await board.stop();
  await place.close();
});

function get(path: string): Promise<Answer> {
  return ask(`${board.url}${path}`, { headers: BROWSER });
}

/** What of a page can be read, in one line. */
function textOf({ text }: Answer): string {
  return text.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
}

describe('the page of runs', () => {
  it('lists every run with links to all that it names', async () => {
    const answer = await get('/runs');

    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toContain('text/html');
    for (const link of ['runs/run-1', 'runs/run-3', 'queue/comics-baseline', 'queue/searches']) {
      expect(answer.text).toContain(`href="${link}"`);
    }
    expect(answer.text).toMatch(/aria-label="14 stored, 1 failed, of 15"/);
    expect(textOf(answer)).toContain('1 failed');
    expect(textOf(answer)).toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d UTC/);
  });

  it('is filtered and sorted by its address', async () => {
    const filtered = await get('/runs?queue=comics&q=1-18');
    const sorted = await get('/runs?sort=jobs&order=up');

    expect(filtered.text).toContain('runs/run-2');
    expect(filtered.text).not.toContain('runs/run-1"');
    expect(textOf(filtered)).toContain('1 run that fits, of 3');
    expect(sorted.text.indexOf('runs/run-3')).toBeLessThan(sorted.text.indexOf('runs/run-1'));
    expect(sorted.text).toContain('aria-sort="ascending"');
    expect((await get('/runs?sort=colour')).status).toBe(400);
  });

  it('shows its last page where its address names one beyond', async () => {
    expect(textOf(await get('/runs?page=9'))).toMatch(/\d runs/);
  });

  it('shows no speed-up over a baseline of another selection', async () => {
    expect((await get('/runs')).text).not.toMatch(/<b>[\d.]+×<\/b>/);
  });
});

describe('the page of a run', () => {
  it('holds report, endings, workers and files', async () => {
    const answer = await get('/runs/run-1');
    const text = textOf(answer);

    for (const part of ['Outcomes', 'HTTP status codes', 'Who worked', 'Slowest fetches']) {
      expect(text).toContain(part);
    }
    expect(text).toContain('the site answered 401, 403 or 451');
    expect(text).toMatch(/w1 15/);
    expect(answer.text).toContain('api/runs/run-1/report.md');
  });

  it('links a run with its baseline', async () => {
    expect((await get('/runs/2')).text).toMatch(
      /href="runs\/run-1">run-1<\/a\s*>, other selection/,
    );
  });

  it('takes the place of what was fetched', async () => {
    const answer = await get('/fetched?run=2');

    expect([answer.status, answer.headers['location']]).toEqual([301, '/runs/run-2']);
  });

  it('says so where there is no such run', async () => {
    const answer = await get('/runs/run-99');

    expect(answer.status).toBe(404);
    expect(textOf(answer)).toContain('There is no run-99');
    expect(textOf(await get('/queue/nothing'))).toContain('There is no queue nothing');
    expect((await get('/queue/watches')).status).toBe(200);
  });
});

describe('the page of workers', () => {
  it('shows who is connected, with what', async () => {
    const text = textOf(await get('/workers'));

    expect(text).toMatch(/w1 (?:idle|busy)/);
    expect(text).toContain(`process ${process.pid}`);
    expect(text).toMatch(/comics 10 comics-baseline 1/);
    expect(text).toMatch(/\d+ s ago/);
    expect(text).toMatch(/searches empty 0 0 0 1, 10 at a time/);
    expect(text).not.toContain('Watches');
  });

  it('shows what is watched, as the panel does', async () => {
    const site = siteIdentity(place.sites.comic?.url ?? '');
    const watch = { kind: 'comic', everyMs: 3_600_000, site, pictures: false, known: 18 } as const;
    await startWatch(place.connection, watch);
    const sentence = /comics are watched every 1 h: known up to 18, next look (?:due|in)/;

    // What is around the runs is read once a second.
    await until('the watch', async () => sentence.test(textOf(await get('/workers'))));
    const answer = await get('/api/throughput');

    expect((JSON.parse(answer.text) as PanelView).watches).toEqual([
      expect.stringMatching(sentence),
    ]);
  });
});

describe('every page', () => {
  it('says that the board is read-only, and how that is changed', async () => {
    expect(textOf(await get('/workers'))).toMatch(/read-only\..*--writable/);
  });

  it('is a page where there is nothing', async () => {
    const answer = await get('/nothing/here');

    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toContain('text/html');
    expect(textOf(answer)).toContain('There is nothing at this address');
  });
});
