/** `dashboard`: serves the board until it is stopped. */

import type { BoardControls, DashboardService } from '../../dashboard/options.js';
import { cancelRun } from '../../producer/cancel.js';
import { enqueueRun } from '../../producer/enqueue.js';
import { retryPlan } from '../../producer/resume.js';
import { CommandError, errorText, EXIT, type ExitCode } from '../../shared/base/errors.js';
import { readTextFile } from '../../shared/base/text-file.js';
import type { Sites } from '../../shared/kinds/site.js';
import { runName } from '../../shared/queues/job.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { requireRun } from '../../shared/runs/run-store.js';
import { openArchive } from '../../shared/store/open-store.js';
import { type CommonCommand, type Execute, withExamples } from '../command.js';
import type { Configuration } from '../configuration.js';
import { countsText } from '../run-text.js';
import type { Session } from '../session.js';
import { SETTINGS } from '../settings.js';
import { programVersion } from '../version.js';
import { cancelledText } from './cancel.js';
import { pauseQueue, resumeQueue } from './pause.js';
import { changeRate, requireRateOf } from './rate.js';

/** Gives `dashboard` its options and action. */
export function defineDashboard(command: CommonCommand, execute: Execute): void {
  withExamples(command, [
    ['dashboard', 'on http://127.0.0.1:3000, for this machine only'],
    ['dashboard --port 0', 'on any port that is free'],
    ['dashboard --host 0.0.0.0 --password-file secret', 'for others, with a password'],
    ['dashboard --base-path /queue --trust-proxy', 'behind nginx on this machine'],
  ])
    .option('--port <n>', `${SETTINGS.port.summary} (default: ${SETTINGS.port.fallback})`)
    .option('--host <address>', `${SETTINGS.host.summary} (default: ${SETTINGS.host.fallback})`)
    .option('--password-file <file>', SETTINGS.passwordFile.summary)
    .option('--allow-host <names>', SETTINGS.allowedHosts.summary)
    .option('--writable', 'let the board cancel and retry runs, pause queues and set rates')
    .option('--base-path <path>', SETTINGS.basePath.summary)
    .option('--trust-proxy [proxies]', `${SETTINGS.trustedProxies.summary} (alone: loopback)`)
    .option('--out <place>', `${SETTINGS.outDir.summary} (default: ${SETTINGS.outDir.otherwise})`)
    .action(async (options) => {
      const flags = {
        dataDir: options.data,
        outDir: options.out,
        port: options.port,
        host: options.host,
        passwordFile: options.passwordFile,
        allowedHosts: options.allowHost,
        writable: options.writable ? 'yes' : undefined,
        basePath: options.basePath,
        trustedProxies: options.trustProxy === true ? 'loopback' : options.trustProxy,
      };
      await execute(flags, (session) => serveDashboard(session, options.json === true));
    });
}

async function serveDashboard(session: Session, json: boolean): Promise<ExitCode> {
  const { terminal, configuration, outDir } = session;
  await requireBoardAddress(session);
  const dashboard = await openDashboard(session, { out: outDir, sites: configuration.sites });
  await session.serve(dashboard, () => {
    if (json) terminal.printJson({ url: dashboard.url });
    else terminal.note(`The board is at ${dashboard.url} (stop it with Ctrl-C)`);
  });
  return EXIT.ok;
}

export interface ShownOnBoard {
  /** Where the results are that it shows. */
  readonly out: string;
  readonly sites: Sites;
}

/**
 * Checks where the board is to listen, before anything that takes longer is begun.
 *
 * @throws CommandError: portTaken; badConfig without a password that it needs.
 */
export async function requireBoardAddress({ configuration }: Session): Promise<void> {
  const { host, port } = configuration;
  const password = await readPassword(configuration);
  const { requireAddress } = await import('../../dashboard/dashboard.js');
  await requireAddress({ host, port, password });
}

/** Opens the board as it is configured; it listens from `start` on. */
export async function openDashboard(
  session: Session,
  { out, sites }: ShownOnBoard,
): Promise<DashboardService> {
  const { configuration, logger } = session;
  const { host, port, allowedHosts, basePath, trustedProxies } = configuration;
  const password = await readPassword(configuration);
  // Express and Bull Board take half a second to load, which `--help` need not wait for.
  const { createDashboard } = await import('../../dashboard/dashboard.js');
  const { connection } = await session.redis();
  return createDashboard({
    connection,
    host,
    port,
    password,
    controls: configuration.writable ? boardControls(connection, session.signal) : undefined,
    allowedHosts,
    basePath,
    trustedProxies,
    sites,
    results: openArchive(out),
    logger,
    version: programVersion(),
  });
}

/** The configured password; a file takes precedence over the variable. */
async function readPassword({
  password,
  passwordFile,
}: Configuration): Promise<string | undefined> {
  if (passwordFile === undefined) return password;
  try {
    const [line = ''] = (await readTextFile(passwordFile)).split(/\r?\n/);
    if (line !== '') return line;
  } catch (error) {
    const text = `Cannot read the password file ${passwordFile}: ${errorText(error)}`;
    throw new CommandError(EXIT.badConfig, text, { cause: error });
  }
  throw new CommandError(
    EXIT.badConfig,
    `The password file ${passwordFile} is empty: its first line must be the password`,
  );
}

/** What a writable board may do, done as the commands do it. `signal` ends what is under way when the board is stopped. */
export function boardControls(connection: RedisConnection, signal: AbortSignal): BoardControls {
  return {
    cancel: async (run) => cancelledText(await cancelRun(connection, run, signal)),
    async retry(run) {
      const plan = await retryPlan(await requireRun(connection, run), { connection, signal });
      const enqueued = await enqueueRun(plan, { connection, signal });
      const { asked, duplicates } = plan.run;
      const counts = countsText({ asked, duplicates, queued: enqueued.queued });
      const text = `${runName(enqueued.run)} tries again what failed in ${runName(run)}: ${counts}`;
      return { run: enqueued.run, text };
    },
    pause: (queue) => pauseQueue(connection, queue),
    resume: (queue) => resumeQueue(connection, queue),
    rate: async (kind, rate) => `${await changeRate(connection, requireRateOf(kind, rate))}.`,
  };
}
