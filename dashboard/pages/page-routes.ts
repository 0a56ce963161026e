/** Our own pages, and the downloads. */

import { type Request, type Response, Router } from 'express';
import { countFailed, JobFailure } from '../../shared/base/outcome.js';
import { safeText } from '../../shared/base/safe-text.js';
import { withDeadline } from '../../shared/base/wait.js';
import { KIND_NAMES, kindOf, recordKindOf } from '../../shared/kinds/kinds.js';
import type { Sites } from '../../shared/kinds/site.js';
import { runName } from '../../shared/queues/job.js';
import { queueNamed, RUNS_QUEUE } from '../../shared/queues/queue.js';
import { storeSplitWarnings } from '../../shared/queues/heartbeat.js';
import { WATCHES_QUEUE } from '../../shared/queues/watches.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { heldBy } from '../../shared/report/outcome-bar.js';
import { failedJobs } from '../../shared/runs/failed-jobs.js';
import { watchText } from '../../shared/report/watch-text.js';
import { readTally } from '../../shared/runs/tally.js';
import { checkedKey } from '../../shared/store/result-key.js';
import type { ResultArchive } from '../../shared/store/result-store.js';
import { type Panel, runView, standstillsAround, type Surroundings } from '../live/panel.js';
import type { RedisWatch } from '../live/redis-watch.js';
import {
  relationsOf,
  RUN_FILTERS,
  RUN_SORTS,
  type RunPage,
  type RunQuery,
  RUNS_A_PAGE,
  selectRuns,
  type ListedRun,
  type RunDetails,
  type ShownRun,
} from '../live/run-list.js';
import { WorkerRates, workersContent, type WorkersView } from './workers-page.js';
import { AnswerError } from '../problem.js';
import {
  countInQuery,
  queueInQuery,
  runInPath,
  runInQuery,
  textInQuery,
  wordInQuery,
} from '../query.js';
import { FetchDigests, listResults, type ResultSource, searchResults } from '../results.js';
import { layout, type PageParts, type Shell } from './page.js';
import { resultsContent, type ResultsView } from './results-page.js';
import { runContent, type RunPageView } from './run-page.js';
import { runsContent } from './runs-page.js';

/** Kinds whose results are kept: those that ask a site. */
const KEPT_KINDS = KIND_NAMES.filter((name) => kindOf(name).site !== undefined);

/** A page of results says after this long that they cannot be read; a bucket would be tried for a minute. */
const RESULTS_DEADLINE_MS = 10_000;

/** Failed jobs that a run's page lists. */
const FAILED_SHOWN = 20;

/** All runs that are kept, and more baselines than anyone makes. */
const RUNS_READ_MAX = 5000;

/** More pages than the list of runs ever has. */
const PAGES_MAX = 1000;

export interface PageTerms {
  readonly connection: RedisConnection;
  readonly panel: Panel;
  readonly watch: RedisWatch;
  readonly archive: ResultArchive | undefined;
  readonly sites: Sites;
  readonly shell: Shell;
}

export function pageRoutes(terms: PageTerms): Router {
  const { archive, panel, watch, shell } = terms;
  const router = Router();
  const digests = archive === undefined ? undefined : new FetchDigests(archive);
  const rates = new WorkerRates(terms.connection);
  const send = (response: Response, parts: PageParts): void => {
    response.type('html').send(layout(shell, parts));
  };
  router.get('/runs', async (request, response) => {
    const query = runQueryOf(request);
    const page = await watch.reach(() => runPage(panel, query));
    send(response, {
      title: 'Runs',
      section: 'runs',
      content: runsContent(query, page),
      live: true,
    });
  });
  router.get('/runs/:run', async (request, response) => {
    const number = runInPath(request);
    const view = await watch.reach(() => runPageView(number, terms));
    const { createdAtMs } = view.details.report;
    const digest = await digests?.of(runName(number), createdAtMs);
    const content = runContent({ ...view, writable: shell.writable, digest });
    send(response, { title: runName(number), section: 'runs', content, live: true });
  });
  router.get('/workers', async (_request, response) => {
    const view = await watch.reach(() => workersView(panel, rates, shell.writable));
    send(response, {
      title: 'Workers',
      section: 'workers',
      content: workersContent(view),
      live: true,
    });
  });
  // Bull Board has a page for each word there; below a panel that knows nothing of it.
  router.get(['/queue/:queue', '/queue/:queue/:job'], (request, _response, next) => {
    const queue = String(request.params['queue']);
    const isKnown = [RUNS_QUEUE, WATCHES_QUEUE].includes(queue) || queueNamed(queue) !== undefined;
    next(isKnown ? undefined : new AnswerError(404, `There is no queue ${safeText(queue, 60)}`));
  });
  router.get('/fetched', (request, response) => {
    const run = runInQuery(request, 'run');
    response.redirect(301, `${shell.base}runs${run === undefined ? '' : `/${runName(run)}`}`);
  });
  if (archive !== undefined) addResultRoutes(router, archive, { ...terms, send });
  return router;
}

interface ResultTerms extends PageTerms {
  readonly send: (response: Response, parts: PageParts) => void;
}

function addResultRoutes(
  router: Router,
  archive: ResultArchive,
  { sites, send }: ResultTerms,
): void {
  const sources = KEPT_KINDS.map((kind) => ({
    kind,
    folder: kindOf(kind).plural,
    site: sites[recordKindOf(kind) ?? kind],
  }));
  router.get('/results', async (request, response) => {
    const view = await withinDeadline(resultsView(request, archive, sources));
    send(response, { title: 'Results', section: 'results', content: resultsContent(view) });
  });
  router.get('/api/results', async (request, response) => {
    const { kind, words, page } = await withinDeadline(resultsView(request, archive, sources));
    response.json({ kind, words, ...page, next: page.next ?? null });
  });
  router.get('/results/:folder/:file', async (request, response) => {
    await sendResult(archive, request, response);
  });
}

/** @throws AnswerError (503) where results are not read in time. */
function withinDeadline<T>(work: Promise<T>): Promise<T> {
  return withDeadline(work, RESULTS_DEADLINE_MS, tooSlow);
}

function tooSlow(): AnswerError {
  return new AnswerError(503, 'The results cannot be read just now; try again');
}

function runQueryOf(request: Request): RunQuery {
  return {
    words: (textInQuery(request, 'q') ?? '').trim(),
    queue: queueInQuery(request)?.name,
    filter: wordInQuery(request, 'state', RUN_FILTERS),
    sort: wordInQuery(request, 'sort', RUN_SORTS) ?? 'run',
    descending: wordInQuery(request, 'order', ['up', 'down']) !== 'up',
    page: Math.max(1, countInQuery(request, 'page', { fallback: 1, max: PAGES_MAX })),
  };
}

/** One page of the runs that fit. The live ones on it are counted up now. */
async function runPage(panel: Panel, query: RunQuery): Promise<RunPage> {
  const cache = panel.runs;
  const listed = await cache.list(await cache.newest(0, RUNS_READ_MAX));
  const fitting = selectRuns(listed, query);
  const page = Math.min(query.page, Math.max(1, Math.ceil(fitting.length / RUNS_A_PAGE)));
  const first = (page - 1) * RUNS_A_PAGE;
  const shown = fitting.slice(first, first + RUNS_A_PAGE);
  const runs = await Promise.all(shown.map(({ run }) => cache.details(run.number)));
  const nowMs = await panel.nowMs();
  const around = await panel.surroundings();
  return {
    page,
    runs: runs.flatMap((one) => (one === undefined ? [] : [shownRun(one, nowMs, around, listed)])),
    found: fitting.length,
    all: listed.length,
  };
}

function shownRun(
  details: RunDetails,
  nowMs: number,
  around: Surroundings,
  listed: readonly ListedRun[],
): ShownRun {
  const failed = countFailed(details.report.outcomes);
  const { mended } = relationsOf(details.run.number, listed);
  const moves = (runView(details, nowMs).recentPerSecond ?? 0) > 0;
  return {
    ...details,
    held: heldBy(standstillsAround(details, around), moves),
    moves,
    recovered: mended === undefined ? 0 : failed - mended.left,
  };
}

/** @throws AnswerError (404) where there is no such run. */
async function runPageView(
  number: number,
  { connection, panel }: PageTerms,
): Promise<Omit<RunPageView, 'digest' | 'writable'>> {
  const [found, tally, listed, nowMs, around] = await Promise.all([
    panel.runs.details(number),
    readTally(connection, number),
    panel.runs.newest(0, RUNS_READ_MAX).then((numbers) => panel.runs.list(numbers)),
    panel.nowMs(),
    panel.surroundings(),
  ]);
  if (found === undefined) throw new AnswerError(404, `There is no ${runName(number)}`);
  const details = shownRun(found, nowMs, around, listed);
  const failed: RunPageView['failed'][number][] = [];
  for await (const job of failedJobs(connection, details.run)) {
    failed.push(job);
    if (failed.length === FAILED_SHOWN) break;
  }
  return { details, relations: relationsOf(number, listed), workers: tally.workers, failed };
}

async function workersView(
  panel: Panel,
  rates: WorkerRates,
  writable: boolean,
): Promise<WorkersView> {
  const [{ workers, watches }, queues, perSecond, nowMs] = await Promise.all([
    panel.surroundings(),
    panel.activity(),
    rates.read(),
    panel.nowMs(),
  ]);
  return {
    workers,
    rates: perSecond,
    queues,
    storeSplits: storeSplitWarnings(workers),
    watches: watches.map((watch) => watchText(watch, nowMs)),
    nowMs,
    writable,
  };
}

async function resultsView(
  request: Request,
  archive: ResultArchive,
  sources: readonly ResultSource[],
): Promise<ResultsView> {
  const plural = textInQuery(request, 'kind') ?? sources[0]?.folder;
  const source = sources.find(({ folder }) => folder === plural);
  if (source === undefined) throw new AnswerError(400, 'There is no such kind of result');
  const words = (textInQuery(request, 'q') ?? '').trim();
  const after = textInQuery(request, 'after');
  const page =
    words === ''
      ? await listResults(archive, source, after)
      : await searchResults(archive, source, { words, after });
  return { kind: source.kind, kinds: KEPT_KINDS, words, page };
}

/**
 * Hands a result out as a file. A search's page is the HTML of another site: it must never run on our
 * origin, so it goes out as bytes to be saved, whatever it is.
 */
async function sendResult(
  archive: ResultArchive,
  request: Request,
  response: Response,
): Promise<void> {
  const key = { folder: String(request.params['folder']), file: String(request.params['file']) };
  const body = await withinDeadline(readResult(archive, key));
  if (body === undefined) throw new AnswerError(404, 'That result is not kept here');
  response
    .attachment(key.file)
    .setHeader('Content-Security-Policy', "default-src 'none'; sandbox; frame-ancestors 'none'")
    .type('application/octet-stream')
    .send(body);
}

async function readResult(
  archive: ResultArchive,
  key: { readonly folder: string; readonly file: string },
): Promise<Buffer | undefined> {
  try {
    return await archive.read(checkedKey(key));
  } catch (error) {
    if (error instanceof JobFailure) return undefined;
    throw error;
  }
}
