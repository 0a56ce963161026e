/** The JSON under the board: what the panel shows, the runs, one run with its course. */

import { createHash } from 'node:crypto';
import { type Request, type Response, Router } from 'express';
import { LRUCache } from 'lru-cache';
import { runName } from '../../shared/queues/job.js';
import type { ChartTheme } from '../../shared/report/chart-file.js';
import { FreshCache } from '../live/cache.js';
import type { RunDetails } from '../live/run-list.js';
import { choiceOf, type Panel, type PanelQuestion, runView } from '../live/panel.js';
import type { RedisWatch } from '../live/redis-watch.js';
import { AnswerError } from '../problem.js';
import { countInQuery, queueInQuery, runInPath, runInQuery, themeInQuery } from '../query.js';
import { DELTA, deltaBetween, EMPTY_VIEW, type PanelView } from './panel-view.js';
import { pngOf, runChart, runMarkdown } from './run-files.js';

/** All who ask within this time get the same figures: half of how often a panel asks. */
const PANEL_FRESH_MS = 250;

/** Views that tabs may still have: more than a hundred of them ask for within seconds. */
const VIEWS_REMEMBERED = 200;

const RUNS_A_PAGE = 50;
const RUNS_A_PAGE_MAX = 200;
const OFFSET_MAX = 1_000_000;

export function apiRoutes(panel: Panel, watch: RedisWatch): Router {
  const router = Router();
  const answers = new FreshCache<Answer>(PANEL_FRESH_MS);
  const sent = new LRUCache<string, PanelView>({ max: VIEWS_REMEMBERED });
  router.get('/api/throughput', async (request, response) => {
    const answer = await throughput(questionOf(request), answers, panel, watch);
    const before = knownView(request, sent);
    sent.set(answer.tag, answer.view);
    sendView(response, answer, before);
  });
  router.get('/api/runs', async (request, response) => {
    const offset = countInQuery(request, 'offset', { fallback: 0, max: OFFSET_MAX });
    const limit = countInQuery(request, 'limit', { fallback: RUNS_A_PAGE, max: RUNS_A_PAGE_MAX });
    const listed = await watch.reach(async () =>
      panel.runs.list(await panel.runs.newest(offset, limit)),
    );
    response.json({
      runs: listed.map((one) => ({ ...choiceOf(one), report: one.report ?? null })),
    });
  });
  router.get('/api/runs/:run', async (request, response) => {
    const { entry, baseline, nowMs } = await watch.reach(() => runWithBaseline(panel, request));
    response.json({
      run: runView(entry, nowMs),
      baseline: baseline === undefined ? null : runView(baseline, nowMs),
    });
  });
  router.get('/api/runs/:run/chart.svg', async (request, response) => {
    const chart = await watch.reach(() => chartOf(panel, request, 'auto'));
    response.type('svg').send(chart);
  });
  router.get('/api/runs/:run/chart.png', async (request, response) => {
    const chart = await watch.reach(() => chartOf(panel, request, 'light'));
    response.type('png').send(await pngOf(chart));
  });
  router.get('/api/runs/:run/report.md', async (request, response) => {
    const { entry } = await watch.reach(() => runWithBaseline(panel, request));
    response.type('text/markdown').send(runMarkdown(entry.report));
  });
  return router;
}

async function chartOf(panel: Panel, request: Request, fallback: ChartTheme): Promise<string> {
  const { entry, baseline } = await runWithBaseline(panel, request);
  return runChart(entry, baseline, themeInQuery(request) ?? fallback);
}

/** A view as it is sent; its tag is made of its content. */
interface Answer {
  readonly view: PanelView;
  readonly json: string;
  readonly tag: string;
}

function answerOf(view: PanelView): Answer {
  const json = JSON.stringify(view);
  const digest = createHash('sha256').update(json).digest('base64url');
  return { view, json, tag: `W/"${digest.slice(0, 22)}"` };
}

/** The view that a browser has, and to which it can apply a difference. */
function knownView(request: Request, sent: LRUCache<string, PanelView>): PanelView | undefined {
  return request.get('A-IM') === DELTA ? sent.get(request.get('If-None-Match') ?? '') : undefined;
}

/** Sends what has changed since `before`; all of it where that is not known. */
function sendView(response: Response, { view, json, tag }: Answer, before?: PanelView): void {
  response.set('ETag', tag).vary('A-IM');
  if (before === undefined) {
    response.type('json').send(json);
    return;
  }
  const delta = deltaBetween(before, view);
  if (delta === undefined) response.status(304).end();
  else response.status(226).set('IM', DELTA).json(delta);
}

/** What the panel shows; while Redis is away, what it showed last, and for how long that has been. */
async function throughput(
  question: PanelQuestion,
  answers: FreshCache<Answer>,
  panel: Panel,
  watch: RedisWatch,
): Promise<Answer> {
  const key = `${question.queue?.name ?? ''} ${question.run ?? ''} ${question.overlay ?? ''}`;
  try {
    return await watch.reach(() =>
      answers.get(key, async () =>
        answerOf({ ...(await panel.view(question)), redisDownForMs: 0 }),
      ),
    );
  } catch (error) {
    if (!(error instanceof AnswerError) || error.statusCode !== 503) throw error;
    const sinceMs = watch.downSinceMs() ?? Date.now();
    return answerOf({
      ...(answers.last(key)?.view ?? EMPTY_VIEW),
      redisDownForMs: Math.max(1, Date.now() - sinceMs),
    });
  }
}

/** A run and its baseline. @throws AnswerError (404) where there is no such run. */
async function runWithBaseline(
  panel: Panel,
  request: Request,
): Promise<{ entry: RunDetails; baseline: RunDetails | undefined; nowMs: number }> {
  const number = runInPath(request);
  const [entry, { nowMs }] = await Promise.all([panel.runs.details(number), panel.surroundings()]);
  if (entry === undefined) throw new AnswerError(404, `There is no ${runName(number)}`);
  const baselineRun = entry.report.comparison?.baselineRun;
  const baseline = baselineRun === undefined ? undefined : await panel.runs.details(baselineRun);
  return { entry, baseline, nowMs };
}

function questionOf(request: Request): PanelQuestion {
  return {
    queue: queueInQuery(request),
    run: runInQuery(request, 'run'),
    overlay: runInQuery(request, 'with'),
  };
}
