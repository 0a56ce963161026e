/** `doctor`: checks this machine, Redis and the configuration. */

import { hostname } from 'node:os';
import { fetchLatest } from '../../producer/latest.js';
import { ensureDirectory } from '../../shared/base/directory.js';
import {
  CommandError,
  errorText,
  EXIT,
  type ExitCode,
  StoreUnavailableError,
} from '../../shared/base/errors.js';
import { safeText, siteText } from '../../shared/base/safe-text.js';
import { KIND_NAMES, kindOf } from '../../shared/kinds/kinds.js';
import { isLocalSite } from '../../shared/kinds/site.js';
import { listWorkers, storeSplitWarnings } from '../../shared/queues/heartbeat.js';
import { readQueuePause } from '../../shared/queues/queue-state.js';
import { QUEUES } from '../../shared/queues/queue.js';
import { describeAddress } from '../../shared/redis/address.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { checkReplication } from '../../shared/redis/replication.js';
import { checkRights } from '../../shared/redis/rights.js';
import type { ServerFinding } from '../../shared/redis/server-check.js';
import { formatDuration } from '../../shared/report/format.js';
import { pauseStandstill, standstillLine } from '../../shared/report/standstill.js';
import { probeLocation } from '../../shared/store/open-store.js';
import { probeDirectory } from '../../shared/store/temporary-files.js';
import { checkAlive } from '../alive.js';
import { type CommonCommand, type Execute, withExamples } from '../command.js';
import type { Configuration } from '../configuration.js';
import type { Session } from '../session.js';
import { SETTINGS } from '../settings.js';
import type { Style } from '../terminal.js';
import { userAgentOf } from '../version.js';

const NODE_MIN = [20, 19] as const;

/** Node 20 is past its end of life since April 2026. */
const NODE_SUPPORTED_MAJOR = 22;

/** A larger skew is reported. Locks use Redis's clock; what people see and journals use this one. */
const SKEW_MAX_MS = 1000;

const STYLES: Readonly<Record<CheckResult['level'], Style>> = {
  ok: 'green',
  warn: 'yellow',
  fail: 'red',
};

/** Gives `doctor` its options and action. */
export function defineDoctor(command: CommonCommand, execute: Execute): void {
  withExamples(command, [
    ['doctor', 'contacts no site'],
    ['doctor --online', 'also asks each site for its latest number'],
    ['doctor --alive', 'for a liveness probe: does the worker here take jobs?'],
  ])
    .option('--out <place>', `${SETTINGS.outDir.summary} (default: ${SETTINGS.outDir.otherwise})`)
    .option('--online', 'ask the sites, one request each')
    .option('--alive', 'only check that the workers on this machine take jobs')
    .action(async ({ data, json, out, online, alive }) => {
      await execute({ dataDir: data, outDir: out }, (session) => {
        const all = alive === true ? checkWorkers(session) : checks(session, online === true);
        return examine(session, all, json === true);
      });
    });
}

/** Runs every check whatever the others find; the exit code is that of the first failure. */
async function examine(
  session: Session,
  all: AsyncIterable<CheckResult>,
  json: boolean,
): Promise<ExitCode> {
  const { terminal } = session;
  const results: CheckResult[] = [];
  for await (const result of all) {
    results.push(result);
    const { level, text } = result;
    if (!json) terminal.print(`${terminal.styleData(STYLES[level], level.padEnd(4))}  ${text}`);
  }
  if (json) terminal.printJson({ checks: results });
  return results.find(({ level }) => level === 'fail')?.exitCode ?? EXIT.ok;
}

/**
 * Checks the workers on this machine, and nothing else. Without Redis there are no heartbeats to judge
 * by, and it is not the workers that would have to be started again: a warning.
 */
async function* checkWorkers(session: Session): AsyncGenerator<CheckResult> {
  if (!(await session.hasRedis())) {
    const text = `no worker sends heartbeats: ${emptyText(session.configuration)}`;
    yield failed('workers', new CommandError(EXIT.unavailable, text));
    return;
  }
  try {
    const { connection } = await session.openRedis(() => {});
    const { level, text } = await checkAlive(connection, hostname(), session.signal);
    yield level === 'fail'
      ? failed('workers', new CommandError(EXIT.unavailable, text))
      : found('workers', level, text);
  } catch (error) {
    const { exitCode, text } = failed('redis', error);
    if (exitCode === EXIT.badConfig) throw error;
    yield found('redis', 'warn', `${text} (the workers wait for it)`);
  }
}

async function* checks(session: Session, online: boolean): AsyncGenerator<CheckResult> {
  yield checkNode(process.versions.node);
  yield* checkDirectories(session);
  yield* checkRedis(session);
  yield* checkSites(session, online);
  yield checkContact(session.configuration);
}

export interface CheckResult {
  readonly about: string;
  readonly level: 'ok' | 'warn' | 'fail';
  /** What was found and, where it is a problem, what to do. */
  readonly text: string;
  /** The exit code of the command where this is the first failure. */
  readonly exitCode: ExitCode;
}

function checkNode(version: string): CheckResult {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [majorMin, minorMin] = NODE_MIN;
  if (major < majorMin || (major === majorMin && minor < minorMin)) {
    const text = `Node ${version} is too old: use ${majorMin}.${minorMin} or newer`;
    return failed('node', new CommandError(EXIT.badConfig, text));
  }
  return major < NODE_SUPPORTED_MAJOR
    ? found(
        'node',
        'warn',
        `Node ${version} works, but gets no security fixes any more: use 22 or newer`,
      )
    : found('node', 'ok', `Node ${version}`);
}

async function* checkDirectories(session: Session): AsyncGenerator<CheckResult> {
  const { dataDir, redisUrl } = session.configuration;
  if (redisUrl === undefined) {
    const note = (await session.hasRedis()) ? '' : `; ${emptyText(session.configuration)}`;
    const result = await checkDirectory('data directory', dataDir);
    yield { ...result, text: `${result.text}${note}` };
  }
  if (redisUrl !== undefined || session.outDir !== dataDir) {
    yield* checkResults(session.outDir);
  }
}

/** Said lest a mistyped directory looks like one without workers. */
function emptyText({ dataDir }: Configuration): string {
  return `nothing was ever queued in ${safeText(dataDir)}`;
}

async function* checkResults(location: string): AsyncGenerator<CheckResult> {
  try {
    const warnings = await probeLocation(location);
    yield found('results', 'ok', `results ${safeText(location)} can be written`);
    for (const text of warnings) yield found('results', 'warn', text);
  } catch (error) {
    if (error instanceof CommandError) yield failed('results', error);
    else yield failed('results', cannotWrite('results', location, error));
  }
}

async function checkDirectory(about: string, directory: string): Promise<CheckResult> {
  try {
    await ensureDirectory(directory);
    await probeDirectory(directory);
    return found(about, 'ok', `${about} ${directory} can be written`);
  } catch (error) {
    return failed(about, cannotWrite(about, directory, error));
  }
}

function cannotWrite(about: string, place: string, error: unknown): CommandError {
  // Which place it is, the store cannot know.
  const why = error instanceof StoreUnavailableError ? (error.cause ?? error) : error;
  const text = `Cannot write to the ${about} ${safeText(place)}: ${errorText(why)}`;
  return new CommandError(EXIT.cannotWrite, text, { cause: error });
}

/** Checks Redis and the workers; without an answer of Redis the rest is left out. */
async function* checkRedis(session: Session): AsyncGenerator<CheckResult> {
  let findings: readonly ServerFinding[] = [];
  try {
    const redis = await session.openRedis((all) => {
      findings = all;
    });
    const embedded = session.configuration.redisUrl === undefined ? 'embedded Redis' : 'Redis';
    yield found('redis', 'ok', `${embedded} answers at ${describeAddress(redis.address)}`);
    yield* findings.map(settingResult);
    yield* (await checkRights(redis.connection)).map(settingResult);
    yield* (await checkReplication(redis.connection)).map(settingResult);
    yield skewResult('this machine', redis.clock.skewMs());
    const workers = await listWorkers(redis.connection);
    yield workersResult(workers.length);
    for (const { id, trouble, skewMs } of workers) {
      const name = `worker ${safeText(id, 60)}`;
      if (trouble !== null) yield found('workers', 'warn', `${name}: ${safeText(trouble)}`);
      if (Math.abs(skewMs) > SKEW_MAX_MS) yield skewResult(name, skewMs);
    }
    for (const text of storeSplitWarnings(workers)) yield found('workers', 'warn', text);
    yield* pausedQueues(redis.connection);
  } catch (error) {
    yield failed('redis', error);
  }
}

/** What keeps queues from being worked: a person, or their site. */
async function* pausedQueues(connection: RedisConnection): AsyncGenerator<CheckResult> {
  for (const queue of QUEUES) {
    const pause = await readQueuePause(connection, queue);
    // Both queues of a site pause with it: one of them stands for both.
    if (pause === undefined || (queue.baseline && pause.by !== 'person')) continue;
    yield found('queues', 'warn', standstillLine(pauseStandstill(queue, pause)));
  }
}

function workersResult(count: number): CheckResult {
  return count === 0
    ? found('workers', 'warn', 'no worker is connected: queued jobs wait')
    : found('workers', 'ok', `${count} ${count === 1 ? 'worker' : 'workers'} connected`);
}

function settingResult({ about, level, text }: ServerFinding): CheckResult {
  return level === 'fail'
    ? failed(about, new CommandError(EXIT.badConfig, text))
    : found(about, level, text);
}

function skewResult(whose: string, skewMs: number): CheckResult {
  const far = formatDuration(Math.abs(skewMs));
  return Math.abs(skewMs) > SKEW_MAX_MS
    ? found(
        'clock',
        'warn',
        `the clock of ${whose} is ${far} ${skewMs > 0 ? 'ahead of' : 'behind'} Redis: check its time service`,
      )
    : found('clock', 'ok', `the clock of ${whose} agrees with Redis (${far})`);
}

/** Sites without a latest number are not asked: each request would be a search. */
async function* checkSites(session: Session, online: boolean): AsyncGenerator<CheckResult> {
  const { sites, contact } = session.configuration;
  for (const name of KIND_NAMES) {
    const site = sites[name];
    if (site === undefined) continue;
    const { plural } = kindOf(name);
    yield found('site', 'ok', `${plural} come from ${siteText(site.url)}`);
    if (!online || site.latestUrl === undefined) continue;
    try {
      const latest = await fetchLatest(site, userAgentOf(contact), session.signal);
      yield found('site', 'ok', `the site of ${plural} answers: its latest is ${latest}`);
    } catch (error) {
      yield failed('site', error);
    }
  }
}

function checkContact({ contact, sites }: Configuration): CheckResult {
  if (contact !== undefined) return found('contact', 'ok', `sites are told to contact ${contact}`);
  return Object.values(sites).every(isLocalSite)
    ? found('contact', 'ok', 'no contact needed: every site is on this machine')
    : found(
        'contact',
        'warn',
        'sites are not told whom to contact about the requests: set COMIC_QUEUE_CONTACT',
      );
}

function found(about: string, level: 'ok' | 'warn', text: string): CheckResult {
  return { about, level, text, exitCode: EXIT.ok };
}

/** A failure, with the exit code of a command that needs what failed. */
function failed(about: string, error: unknown): CheckResult {
  const exitCode = error instanceof CommandError ? error.exitCode : EXIT.defect;
  return { about, level: 'fail', text: safeText(errorText(error), 500), exitCode };
}
