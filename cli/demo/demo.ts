/**
 * The command `demo`: all of it on this machine, offline. A stand-in for xkcd.com, Redis, a worker,
 * the same comics one at a time and then many at a time, and what came of it.
 */

import { join } from 'node:path';
import { EXIT, type ExitCode } from '../../shared/base/errors.js';
import { readSites, type Site, type Sites } from '../../shared/kinds/site.js';
import { printComparison } from '../compare/compare.js';
import type { ComparisonReport } from '../compare/comparison-report.js';
import { settingsOf } from '../origin-service.js';
import { noteProblem } from '../problem.js';
import { failuresOf } from '../report-lines.js';
import type { Session } from '../session.js';
import { compareWithSite, type FilesFound } from './byte-comparison.js';
import { demoRequestOf, type DemoFlags, type DemoRequest } from './demo-request.js';
import { runDemo } from './demo-run.js';
import { startOriginChild } from './origin-child.js';

/** Shows everything, with a line for each step. */
export async function demo(session: Session, flags: DemoFlags): Promise<ExitCode> {
  const request = demoRequestOf(flags);
  const { configuration, terminal } = session;
  terminal.note(terminal.styleNote('bold', 'comic-queue, all of it on this machine, offline'));
  const { url, site, sites } = await openStandIn(session, request.latencyMs);
  await session.redis();
  for (const line of partLines(session, request, url)) terminal.note(line);
  const directory = join(configuration.dataDir, 'demo');
  const report = await runDemo(session, request, { sites, directory });
  const found = await compareWithSite(directory, site);
  print(session, report, found, flags.json === true);
  if (flags.keepOpen === true) {
    const { serveDashboard } = await import('../dashboard-service.js');
    await serveDashboard(session, false);
  }
  return exitCodeOf(session, report, found);
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
  originUrl: string,
): string[] {
  const { redisUrl, dataDir } = configuration;
  const parts = [
    ['Site', `a stand-in for xkcd.com at ${originUrl}, answers in ${latencyMs} ms`],
    [
      'Redis',
      redisUrl === undefined ? `a server of its own, kept in ${dataDir}` : 'as REDIS_URL says',
    ],
    ['Worker', `in this process: one job at a time, then ${concurrency} at a time`],
    ['Passes', `a warm-up, then ${passes} of each; the median counts`],
  ] as const;
  return parts.map(([name, text]) => `  ${terminal.styleNote('dim', name.padEnd(8))}${text}`);
}

const NEXT_STEPS = [
  '',
  'These runs on the board:',
  '  npx comic-queue dashboard',
  'The same with xkcd.com, 400 requests:',
  '  npx comic-queue compare comics 1-200 -c 50',
  'Before you fetch many more, set a rate; ten requests a second were fine there:',
  '  npx comic-queue rate comics 10/s',
];

function print(session: Session, report: ComparisonReport, found: FilesFound, json: boolean): void {
  const { terminal } = session;
  if (json) {
    terminal.printJson({ ...report, results: found });
    return;
  }
  printComparison(session, report, false);
  terminal.print(
    `${found.identical} of ${found.files} files are byte for byte what the site sends`,
  );
  for (const line of NEXT_STEPS) terminal.print(line);
}

function exitCodeOf(
  { terminal }: Session,
  report: ComparisonReport,
  { files, identical }: FilesFound,
): ExitCode {
  const failures = report.reports.reduce((sum, one) => sum + failuresOf(one), 0);
  if (identical !== files) {
    noteProblem(`${files - identical} files differ from what the site sends`, terminal);
  }
  return report.interruption === null && failures === 0 && identical === files
    ? EXIT.ok
    : EXIT.jobFailed;
}
