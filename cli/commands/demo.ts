/**
 * `demo`: everything on this machine, offline. A stand-in for xkcd.com, Redis, a worker, the same comics
 * one at a time and then many at a time, and the comparison.
 */

import { once } from 'node:events';
import { join } from 'node:path';
import { startOriginChild } from '../../origin/child.js';
import { MISSING_NUMBER } from '../../origin/comics.js';
import { LATEST_DEFAULT } from '../../origin/options.js';
import { planRun, type RunPlan } from '../../producer/plan.js';
import { CommandError, errorText, EXIT, type ExitCode } from '../../shared/base/errors.js';
import { proposed } from '../../shared/base/proposed-command.js';
import { KINDS } from '../../shared/kinds/kinds.js';
import { readSites, type Site, type Sites, urlOf } from '../../shared/kinds/site.js';
import { openArchive } from '../../shared/store/open-store.js';
import { requireCount } from '../arguments.js';
import { type CommonCommand, type Execute, type OptionsOf, withExamples } from '../command.js';
import { measuredRequest, printComparison, runComparison } from '../compare/compare.js';
import { requireIdleQueues } from '../compare/idle-queues.js';
import { openLocalWorkers, SetAside } from '../compare/local-workers.js';
import type { ComparisonReport } from '../compare/report.js';
import { failuresOf } from '../run-text.js';
import type { Session } from '../session.js';
import { noteProblem } from '../terminal.js';
import { openDashboard, requireBoardAddress, type ShownOnBoard } from './dashboard.js';
import { settingsOf } from './origin.js';

/** A warm-up waits no longer than this for a slow site, nor longer than half a pass one at a time. */
const WARM_UP_WAIT_MS_MAX = 10_000;

/** What a demo leaves in its directory: the next one replaces it. */
const LEFT_BEHIND = [
  'comics',
  'journal',
  '.sites',
  '.store-id',
  'report.json',
  'report.md',
  'chart.svg',
];

/** More than the demo ever keeps. */
const FILES_MAX = 10_000;

function nextSteps(): string[] {
  return [
    '',
    'These runs on the board:',
    `  ${proposed('dashboard')}`,
    'The same with xkcd.com, 600 requests:',
    `  ${proposed('compare', 'comics', '1-200', '-c', '50')}`,
    'Before you fetch many more, set a rate; ten requests a second were fine there:',
    `  ${proposed('rate', 'comics', '10/s')}`,
  ];
}

/** Gives `demo` its options and action. */
export function defineDemo(command: CommonCommand, execute: Execute): void {
  declareDemo(command).action(async (words, options) => {
    await execute({ dataDir: options.data, port: options.port }, (session) =>
      demo(session, { words, ...options }),
    );
  });
}

function declareDemo(command: CommonCommand) {
  return withExamples(command, [
    ['demo', 'comics 1-200, one at a time and then 50 at a time; about a minute'],
    ['demo --keep-open', 'then leave the board running'],
    ['demo 1-50 -c 10 --repeat 1', 'shorter: ten seconds'],
    ['demo --port 0', 'the board on any port that is free'],
  ])
    .argument('[words...]', 'comics by number (default: 1-200)')
    .option('-c, --concurrency <n>', 'jobs at a time (default: 50)')
    .option('--latency <ms>', 'how long the stand-in takes to answer (default: 50)')
    .option('--repeat <n>', 'how many times to measure; the median counts (default: 5)')
    .option('--keep-open', 'leave the board running until Ctrl-C')
    .option('--port <n>', 'port of the board (default: 3000)');
}

type DemoFlags = { readonly words: readonly string[] } & OptionsOf<typeof declareDemo>;

async function demo(session: Session, flags: DemoFlags): Promise<ExitCode> {
  const request = demoRequestOf(flags);
  const { concurrency, latencyMs, passes } = request;
  const { configuration, terminal } = session;
  terminal.note(terminal.styleNote('bold', 'comic-queue, everything on this machine, offline'));
  await requireBoardAddress(session);
  const directory = join(configuration.dataDir, 'demo');
  const { url, site, sites } = await openStandIn(session, latencyMs);
  const boardUrl = await startBoard(session, { out: directory, sites });
  for (const line of partLines(session, request, { boardUrl, url })) terminal.note(line);
  const { connection } = await session.redis();
  await requireIdleQueues(connection, 'comic');
  const plan = await planComics(session, request.words, site);
  const warmUp = await planComics(session, warmUpWords(request, plan.run.total), site);
  await clear(directory);
  const workers = await openLocalWorkers(session, { kind: 'comic', sites, directory });
  const concurrencies = [concurrency] as const;
  const report = await runComparison(session, {
    plan,
    warmUp,
    concurrencies,
    passes,
    workers,
    directory,
  });
  const found = await compareWithSite(directory, site);
  print(session, report, found, flags.json === true);
  if (flags.keepOpen === true) await stayOpen(session, boardUrl);
  return exitCodeOf(session, report, found);
}

export interface DemoRequest {
  readonly words: readonly string[];
  readonly concurrency: number;
  readonly latencyMs: number;
  readonly passes: number;
}

/** @throws CommandError (usage) that names the option. */
export function demoRequestOf({ words, concurrency, latency, repeat }: DemoFlags): DemoRequest {
  return {
    words: words.length === 0 ? ['1-200'] : words,
    concurrency: requireCount('--concurrency', concurrency ?? '50', { min: 1, max: 10_000 }),
    latencyMs: requireCount('--latency', latency ?? '50', { min: 0, max: 60_000 }),
    passes: requireCount('--repeat', repeat ?? '5', { min: 1, max: 1000 }),
  };
}

/** Starts the board, which stops with the session. */
async function startBoard(session: Session, shown: ShownOnBoard): Promise<string> {
  const board = await openDashboard(session, shown);
  session.defer(() => board.stop());
  await board.start();
  return board.url;
}

async function stayOpen({ terminal, signal }: Session, boardUrl: string): Promise<void> {
  terminal.note(`The board stays at ${boardUrl} (stop it with Ctrl-C)`);
  if (!signal.aborted) await once(signal, 'abort');
}

interface StandIn {
  readonly url: string;
  readonly site: Site;
  readonly sites: Sites;
}

async function openStandIn(session: Session, latencyMs: number): Promise<StandIn> {
  // Uncompressed: what is compared is the queue, and undoing gzip costs a tenth of a 50-at-a-time pass.
  const origin = await startOriginChild({ latencyMs, gzip: false });
  session.defer(() => origin.stop());
  const sites = readSites(settingsOf(origin.url), []);
  const { comic: site } = sites;
  if (site === undefined) throw new Error('The stand-in has no comics');
  return { url: origin.url, site, sites };
}

function partLines(
  { configuration, terminal }: Session,
  { concurrency, latencyMs, passes }: DemoRequest,
  { boardUrl, url }: { readonly boardUrl: string; readonly url: string },
): string[] {
  const { redisUrl, dataDir } = configuration;
  const parts = [
    ['Board', `${boardUrl}, live while it measures`],
    ['Site', `a stand-in for xkcd.com at ${url}, answers in ${latencyMs} ms`],
    [
      'Redis',
      redisUrl === undefined ? `a server of its own, kept in ${dataDir}` : 'as REDIS_URL says',
    ],
    ['Worker', `in this process: one job at a time, then ${concurrency} at a time`],
    ['Passes', `a warm-up, then ${passes} of each; the median counts`],
  ] as const;
  return parts.map(([name, text]) => `  ${terminal.styleNote('dim', name.padEnd(8))}${text}`);
}

function planComics({ signal }: Session, words: readonly string[], site: Site): Promise<RunPlan> {
  const context = { site, latest: refuseLatest, stdin: process.stdin, signal };
  return planRun(measuredRequest('comic', words), context);
}

function refuseLatest(): Promise<never> {
  throw new CommandError(EXIT.usage, 'The demo takes comics by number, such as 1-200');
}

/**
 * The comics of the warm-up: all that the stand-in has, so many it takes until the engine has
 * compiled what a job runs through (the first 200 jobs cost three times the processor time of later
 * ones). Each once: a comic stored again would free a file, which slows down the passes (see
 * `SetAside`).
 */
export function warmUpWords(
  { concurrency, latencyMs }: DemoRequest,
  jobs: number,
): readonly string[] {
  const answerMs = Math.max(latencyMs, 1);
  const waitMs = Math.min((jobs * answerMs) / 2, WARM_UP_WAIT_MS_MAX);
  const inTime = Math.floor((concurrency * waitMs) / answerMs);
  const last = Math.min(Math.max(inTime, 1), LATEST_DEFAULT);
  const before = `1-${Math.min(last, MISSING_NUMBER - 1)}`;
  return last <= MISSING_NUMBER ? [before] : [before, `${MISSING_NUMBER + 1}-${last}`];
}

async function clear(directory: string): Promise<void> {
  try {
    await new SetAside(directory).take(LEFT_BEHIND);
  } catch (error) {
    throw new CommandError(
      EXIT.cannotWrite,
      `Cannot clear ${directory} of an earlier demo: ${errorText(error)}. Remove it, or give another place with --data`,
      { cause: error },
    );
  }
}

interface FilesFound {
  readonly files: number;
  /** Files whose bytes are what the site sends. */
  readonly identical: number;
}

/** Fetches every stored comic once more, without the queue, and compares the bytes. */
async function compareWithSite(directory: string, site: Site): Promise<FilesFound> {
  const archive = openArchive(directory);
  const { results } = await archive.list(KINDS.comic.plural, { limit: FILES_MAX });
  const compared = results.map(async ({ key }) => {
    const id = Number(key.file.slice(0, -'.json'.length));
    const [kept, sent] = await Promise.all([
      archive.read(key),
      fetch(urlOf('comic', site, { id })).then((answer) => answer.arrayBuffer()),
    ]);
    return kept?.equals(Buffer.from(sent)) ?? false;
  });
  const identical = (await Promise.all(compared)).filter(Boolean).length;
  return { files: results.length, identical };
}

function print(session: Session, report: ComparisonReport, found: FilesFound, json: boolean): void {
  const { terminal } = session;
  if (json) {
    terminal.printJson({ ...report, results: found });
    return;
  }
  printComparison(session, report, { json: false });
  terminal.print(
    `${found.identical} of ${found.files} files are byte for byte what the site sends`,
  );
  for (const line of nextSteps()) terminal.print(line);
}

function exitCodeOf(
  { terminal }: Session,
  report: ComparisonReport,
  { files, identical }: FilesFound,
): ExitCode {
  const failed = report.reports.some((one) => failuresOf(one) > 0);
  if (identical !== files) {
    noteProblem(`${files - identical} files differ from what the site sends`, terminal);
  }
  return report.interruption === null && !failed && identical === files ? EXIT.ok : EXIT.jobFailed;
}
