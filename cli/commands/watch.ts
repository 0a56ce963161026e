/** `watch KIND`: has the workers look every so often for what is new, and fetch it. */

import { fetchLatest, WATCH_TITLE } from '../../producer/latest.js';
import { CommandError, EXIT, type ExitCode } from '../../shared/base/errors.js';
import { proposed } from '../../shared/base/proposed-command.js';
import { siteText } from '../../shared/base/safe-text.js';
import { COMIC_NUMBER_MAX } from '../../shared/kinds/comic.js';
import { type KindName, kindOf, recordKindOf } from '../../shared/kinds/kinds.js';
import { proposedWorker, siteIdentity } from '../../shared/kinds/site.js';
import { isWorkerOf, listWorkers } from '../../shared/queues/heartbeat.js';
import { queueOf } from '../../shared/queues/queue.js';
import {
  listWatches,
  readWatch,
  startWatch,
  stopWatch,
  WATCHED_KINDS,
} from '../../shared/queues/watches.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { everyText, watchText } from '../../shared/report/watch-text.js';
import { requireCount, requireDuration, requireKind } from '../arguments.js';
import {
  type CommonCommand,
  type Execute,
  notesText,
  type OptionsOf,
  withExamples,
} from '../command.js';
import type { Session } from '../session.js';
import { userAgentOf } from '../version.js';
import { requireMatchingSites } from './enqueue.js';

const EVERY_DEFAULT = '1h';

/** A site is asked no more often: comics come some times a week. */
const EVERY_MIN_MS = 60_000;

const NOTES = `It leaves at once: the looking is done by workers that run ("work", as a service), by one
of them whatever their number. There is one watch a kind; another "watch" changes it. Runs of
what is found are listed by "runs --name ${WATCH_TITLE}".`;

/** Gives `watch` its argument, options and action. */
export function defineWatch(command: CommonCommand, execute: Execute): void {
  declareWatch(command).action(async (kind, options) => {
    await execute({ dataDir: options.data }, (session) => watch(session, { kind, ...options }));
  });
}

function declareWatch(command: CommonCommand) {
  return withExamples(command, [
    ['watch comics', 'look every hour, and fetch what is new'],
    ['watch comics --every 1d --pictures', 'once a day, and the pictures too'],
    ['watch comics --from 3300', 'and now what there is from 3300 on'],
    ['watch', 'what is watched, and when the next look is due'],
    ['watch comics --stop', 'stop looking'],
  ])
    .addHelpText('after', notesText(NOTES.replaceAll('\n', ' ')))
    .argument('[kind]', `one of ${pluralsOf(WATCHED_KINDS)}`)
    .option('--every <time>', `how often to look, such as 30m or 1d (default: ${EVERY_DEFAULT})`)
    .option('--from <number>', 'fetch from this number on (default: what comes from now on)')
    .option('--pictures', 'with comics: fetch the pictures of new ones, too')
    .option('--stop', 'stop looking');
}

type WatchFlags = { readonly kind: string | undefined } & OptionsOf<typeof declareWatch>;

async function watch(session: Session, flags: WatchFlags): Promise<ExitCode> {
  const { kind: plural, stop, every, from, pictures } = flags;
  const isPlain = every === undefined && from === undefined && pictures === undefined;
  if (plural === undefined) {
    if (isPlain && stop === undefined) return showWatches(session, flags.json === true);
    throw usage(`Say what to watch, as in: ${proposed('watch', 'comics')}`);
  }
  const kind = requireKind(plural);
  if (!WATCHED_KINDS.includes(kind)) {
    throw usage(`Cannot watch ${plural}: only ${pluralsOf(WATCHED_KINDS)} are numbered`);
  }
  if (stop === true && !isPlain) throw usage('--stop goes with no other option');
  return stop === true ? end(session, kind, flags) : begin(session, kind, flags);
}

async function showWatches(session: Session, json: boolean): Promise<ExitCode> {
  const { terminal } = session;
  const redis = await session.redisToLookAt();
  const watches = redis === undefined ? [] : await listWatches(redis.connection);
  if (json) terminal.printJson({ watches });
  else if (redis === undefined || watches.length === 0) {
    terminal.print(`Nothing is watched. Begin with: ${proposed('watch', 'comics')}`);
  } else for (const one of watches) terminal.print(watchText(one, redis.clock.now()));
  return EXIT.ok;
}

async function begin(session: Session, kind: KindName, flags: WatchFlags): Promise<ExitCode> {
  const { terminal, configuration } = session;
  const everyMs = requireDuration('--every', flags.every ?? EVERY_DEFAULT);
  if (everyMs < EVERY_MIN_MS) throw usage('--every must be at least 1m');
  const pictures = flags.pictures === true;
  if (pictures && kind !== 'comic') throw usage('--pictures goes with comics');
  requireMatchingSites(pictures ? 'picture' : kind, configuration.sites);
  const from =
    flags.from === undefined
      ? undefined
      : requireCount('--from', flags.from, { min: 1, max: COMIC_NUMBER_MAX });
  const site = siteIdentity(configuration.sites[kind]?.url ?? '');
  const { connection } = await session.redis();
  const before = await readWatch(connection, kind);
  const kept = before?.site === site ? before.known : undefined;
  const known = from === undefined ? (kept ?? (await latestOf(session, kind))) : from - 1;
  await startWatch(connection, { kind, everyMs, site, pictures, known });
  const { plural } = kindOf(kind);
  if (flags.json === true) terminal.printJson({ kind, everyMs, site, pictures, known });
  else {
    terminal.note(
      `${plural} from ${known + 1} on are fetched as they come: a worker looks every ${everyText(everyMs)}. End it: ${proposed('watch', plural, '--stop')}`,
    );
  }
  for (const line of await workerLines(connection, kind, site)) terminal.note(line);
  return EXIT.ok;
}

function latestOf({ configuration, signal }: Session, kind: KindName): Promise<number> {
  const { sites, contact } = configuration;
  return fetchLatest(sites[recordKindOf(kind) ?? kind], userAgentOf(contact), signal);
}

/** Without a worker nothing is looked for. */
async function workerLines(
  connection: RedisConnection,
  kind: KindName,
  site: string,
): Promise<string[]> {
  const workers = await listWorkers(connection);
  const queue = queueOf(kind, false);
  if (workers.some((worker) => isWorkerOf(worker, queue, site))) return [];
  const which = workers.length === 0 ? '' : ` of ${siteText(site)}`;
  return [`No worker${which} is connected. Start one: ${proposedWorker(kind, site)}`];
}

async function end(session: Session, kind: KindName, { json }: WatchFlags): Promise<ExitCode> {
  const redis = await session.redisToLookAt();
  const stopped = redis !== undefined && (await stopWatch(redis.connection, kind));
  const { plural } = kindOf(kind);
  if (json === true) session.terminal.printJson({ kind, stopped });
  else session.terminal.note(`${plural} ${stopped ? 'are no longer' : 'were not'} watched.`);
  return EXIT.ok;
}

function pluralsOf(kinds: readonly KindName[]): string {
  return kinds.map((kind) => kindOf(kind).plural).join(', ');
}

function usage(message: string): CommandError {
  return new CommandError(EXIT.usage, message);
}
