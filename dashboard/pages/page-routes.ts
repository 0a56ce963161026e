/** Our own pages, the same as JSON, and the downloads. */

import { type Request, type Response, Router } from 'express';
import { JobFailure } from '../../shared/base/outcome.js';
import { KIND_NAMES, kindOf } from '../../shared/kinds/kinds.js';
import type { Sites } from '../../shared/kinds/site.js';
import { runName } from '../../shared/queues/job.js';
import { checkedKey } from '../../shared/store/result-key.js';
import type { ResultArchive } from '../../shared/store/result-store.js';
import { runInQuery, textInQuery } from '../query.js';
import { choiceOf, type Panel } from '../live/panel.js';
import type { RedisWatch } from '../live/redis-watch.js';
import { AnswerError } from '../problem.js';
import { FetchDigests, summaryOf } from '../results/digest.js';
import { listResults, type ResultSource, searchResults } from '../results/results.js';
import { fetchedContent, fetchedTitle, type FetchedView } from './fetched-page.js';
import { layout } from './page.js';
import { resultsContent, type ResultsView } from './results-page.js';

/** Kinds whose results are kept: those that ask a site. */
const KEPT_KINDS = KIND_NAMES.filter((name) => kindOf(name).site !== undefined);

/** Live runs that are counted up for the summary. */
const LIVE_COUNTED = 8;

export interface PageTerms {
  readonly panel: Panel;
  readonly watch: RedisWatch;
  readonly archive: ResultArchive | undefined;
  readonly sites: Sites;
  readonly version: string;
}

export function pageRoutes(terms: PageTerms): Router {
  const { archive, version } = terms;
  const router = Router();
  const digests = archive === undefined ? undefined : new FetchDigests(archive);
  router.get('/fetched', async (request, response) => {
    const view = await fetchedView(request, terms, digests);
    const title = fetchedTitle(view.run);
    const content = fetchedContent(view);
    response.type('html').send(layout({ title, path: '/fetched', version, content }));
  });
  router.get('/api/fetched', async (request, response) => {
    const { run, summary, digest, isWhole } = await fetchedView(request, terms, digests);
    response.json({ run: run ?? null, summary, journal: digest ?? null, isWhole });
  });
  if (archive !== undefined) addResultRoutes(router, archive, terms);
  return router;
}

function addResultRoutes(router: Router, archive: ResultArchive, terms: PageTerms): void {
  const { sites, version } = terms;
  const sources = KEPT_KINDS.map((kind) => ({
    kind,
    folder: kindOf(kind).plural,
    site: sites[kind],
  }));
  router.get('/results', async (request, response) => {
    const view = await resultsView(request, archive, sources);
    const content = resultsContent(view);
    response.type('html').send(layout({ title: 'Results', path: '/results', version, content }));
  });
  router.get('/api/results', async (request, response) => {
    const { kind, words, page } = await resultsView(request, archive, sources);
    response.json({ kind, words, ...page, next: page.next ?? null });
  });
  router.get('/results/:folder/:file', async (request, response) => {
    await sendResult(archive, request, response);
  });
}

async function fetchedView(
  request: Request,
  { panel, watch }: PageTerms,
  digests: FetchDigests | undefined,
): Promise<FetchedView> {
  const run = runInQuery(request, 'run');
  const { listed, reports } = await watch.reach(async () => {
    const found = await panel.runs.list(await panel.runs.newest());
    const chosen = found.filter((one) => run === undefined || one.run.number === run);
    const live = chosen.filter(({ report }) => report === undefined).slice(0, LIVE_COUNTED);
    const entries = await Promise.all(live.map((one) => panel.runs.details(one.run.number)));
    const ended = chosen.flatMap(({ report }) => (report === undefined ? [] : [report]));
    const going = entries.flatMap((entry) => (entry === undefined ? [] : [entry.report]));
    return { listed: found, reports: [...ended, ...going] };
  });
  const read = await digests?.of(run === undefined ? undefined : runName(run));
  return {
    run,
    summary: summaryOf(reports),
    choices: listed.map(choiceOf),
    digest: read?.digest,
    isWhole: read?.isWhole ?? true,
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
  const body = await readResult(archive, key);
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
