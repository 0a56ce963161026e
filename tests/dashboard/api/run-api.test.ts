import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  DELTA,
  type Delta,
  type PanelView,
  type RunView,
  withDelta,
} from '../../../dashboard/api/panel-view.js';
import type { Report } from '../../../shared/report/report.js';
import { until } from '../../support/condition.js';
import { comics, WorkPlace } from '../../support/work-place.js';
import { ask, startBoard, type BoardUnderTest } from '../board-under-test.js';

let place: WorkPlace;
let board: BoardUnderTest;
let baseline: Report;
let run: Report;

beforeAll(async () => {
  place = await WorkPlace.open({ latencyMs: 5, faults: ['403?ids=7'] });
  board = await startBoard(place.redis);
  await place.startWorker();
  const inputs = comics(1, 30);
  const asked = { kind: 'comic', inputs, refetch: true, selection: '1-30' } as const;
  baseline = await place.report(await place.enqueue({ ...asked, baseline: true }));
  run = await place.report(await place.enqueue(asked));
});

afterAll(async () => {
  await board.stop();
  await place.close();
});

async function panel(query = ''): Promise<PanelView> {
  const answer = await ask(`${board.url}/api/throughput${query}`);
  expect(answer.status).toBe(200);
  return JSON.parse(answer.text) as PanelView;
}

interface Seen {
  readonly status: number;
  readonly tag: string;
  readonly bytes: number;
  readonly view: PanelView;
}

/** The view as a page of the board has it that had `before`. */
async function viewSince(before: Seen | undefined): Promise<Seen> {
  const headers = before === undefined ? {} : { 'if-none-match': before.tag, 'a-im': DELTA };
  const answer = await ask(`${board.url}/api/throughput`, { headers });
  const { status, text } = answer;
  const body = (text === '' ? undefined : JSON.parse(text)) as PanelView & Delta;
  const views = {
    200: () => body,
    226: () => withDelta(before?.view, body),
    304: () => before?.view,
  };
  const view = views[status as keyof typeof views]() as PanelView;
  return { status, tag: String(answer.headers['etag']), bytes: text.length, view };
}

async function runs(query: string): Promise<unknown[]> {
  const { text } = await ask(`${board.url}/api/runs${query}`);
  return (JSON.parse(text) as { runs: unknown[] }).runs;
}

describe('GET /api/throughput', () => {
  it('shows the newest run with the figures of its report', async () => {
    const view = await panel();

    expect(view.run?.report).toEqual(run);
    expect(view.run?.failed).toBe(1);
    expect(view.baseline?.report).toEqual(baseline);
    expect(view.run?.points.at(-1)?.[1]).toBe(29);
    expect(view.redisDownForMs).toBe(0);
    expect(view.workers).toMatchObject([{ name: 'w1', concurrency: 10 }]);
    expect(view.choices.map((choice) => choice.run)).toEqual([2, 1]);
  });

  it('shows the newest run of a queue', async () => {
    expect((await panel('?queue=comics-baseline')).run?.report.run).toBe(baseline.run);
    expect((await panel('?queue=searches')).run).toBeNull();
  });

  it('shows the run that was picked, and lays another over it', async () => {
    const view = await panel('?run=run-1&with=2');

    expect(view.run?.report.run).toBe(1);
    expect(view.overlay?.report.run).toBe(2);
  });

  it('moves while a run goes on, and is sent as what has changed to a page that has one', async () => {
    const number = await place.enqueue({ kind: 'sleep', inputs: sleeps(60, 0.4) });
    const going: (RunView & { readonly bytes: number })[] = [];
    let has = await viewSince(undefined);
    await until('the end of the run', async () => {
      const [next, before] = [await viewSince(has), has];
      const { run: shown } = next.view;
      if (next.status === 226 && shown?.report.run === before.view.run?.report.run && shown?.live) {
        going.push({ ...shown, bytes: next.bytes });
      }
      has = next;
      return shown?.report.run === number && !shown.live ? true : undefined;
    });
    const whole = await until('a view that has settled', async () => {
      const { view, tag } = await viewSince(undefined);
      has = await viewSince(has);
      return tag === has.tag ? view : undefined;
    });

    expect(has.view).toEqual(whole);
    expect((await viewSince(has)).status).toBe(304);
    expect(new Set(going.map(({ report }) => report.ended)).size).toBeGreaterThan(2);
    expect(Math.max(...going.map(({ bytes }) => bytes))).toBeLessThan(
      JSON.stringify(whole).length / 2,
    );
    const later = going.filter(({ report }) => report.ended >= 20 && report.ended < 60);
    expect(later.at(-1)?.remainingMs).toBeGreaterThan(0);
    expect(later.at(-1)?.recentPerSecond).toBeGreaterThan(5);
  });

  it.each(['?run=abc', '?run=1&run=2', '?queue=nothing', '?with=-1'])(
    '%s is a 400',
    async (query) => {
      expect((await ask(`${board.url}/api/throughput${query}`)).status).toBe(400);
    },
  );
});

describe('GET /api/runs', () => {
  it('lists runs, newest first, a page at a time', async () => {
    const second = await runs('?limit=1&offset=1');
    const all = await runs('');

    expect(all).toHaveLength(3);
    expect(second).toEqual([all[1]]);
    expect(all[1]).toMatchObject({ run: 2, live: false, report: run });
  });

  it('shows one run with its course and its baseline', async () => {
    const { text } = await ask(`${board.url}/api/runs/run-2`);

    expect(JSON.parse(text)).toMatchObject({
      run: { report: run, live: false },
      baseline: { report: baseline },
    });
  });

  it.each([
    ['/api/runs/99', 404],
    ['/api/runs/x', 400],
    ['/api/runs?limit=100000', 400],
    ['/api/runs?offset=-1', 400],
  ])('%s is a %i', async (path, status) => {
    expect((await ask(`${board.url}${path}`)).status).toBe(status);
  });
});

function sleeps(count: number, seconds: number): { seconds: number }[] {
  return Array.from({ length: count }, () => ({ seconds }));
}

describe('GET /api/runs/RUN/report.md', () => {
  it('tells the course of the run: jobs done and jobs active at once', async () => {
    const { text } = await ask(`${board.url}/api/runs/run-${run.run}/report.md`);
    const [, course = ''] = text.split(
      '| elapsed | did their work | at once |\n| --- | ---: | ---: |\n',
    );
    const rows = course.split('\n\n')[0]?.split('\n') ?? [];
    const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
    const atOnce = cells.map(([, , , active]) => Number(active));

    expect(rows.length).toBeGreaterThan(1);
    expect(cells.at(-1)?.slice(2, 4)).toEqual(['29', '0']);
    expect(Math.max(...atOnce)).toBeGreaterThan(0);
    expect(Math.max(...atOnce)).toBeLessThanOrEqual(run.concurrency);
  });
});
