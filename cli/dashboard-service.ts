/** The board as a command: served until the command is told to stop. */

import { readFile } from 'node:fs/promises';
import { createDashboard } from '../dashboard/dashboard.js';
import { CommandError, errorText, EXIT, type ExitCode } from '../shared/base/errors.js';
import { openArchive } from '../shared/store/open-store.js';
import type { Configuration } from './configuration.js';
import { serviceRun } from './service-run.js';
import type { Session } from './session.js';
import { programVersion } from './version.js';

/** Serves the board until the session's signal. */
export async function serveDashboard(session: Session, json: boolean): Promise<ExitCode> {
  const { configuration, logger, terminal } = session;
  const password = await readPassword(configuration);
  const { connection } = await session.redis();
  const { host, port, writable, allowedHosts, sites } = configuration;
  const dashboard = createDashboard({
    connection,
    host,
    port,
    password,
    writable,
    allowedHosts,
    sites,
    results: openArchive(session.outDir),
    logger,
    version: programVersion(),
  });
  await serviceRun(session, dashboard, () => {
    if (json) terminal.printJson({ url: dashboard.url });
    else terminal.note(`The board is at ${dashboard.url} (Ctrl-C ends it)`);
  });
  return EXIT.ok;
}

/** The password that is configured; a file goes before the variable. */
async function readPassword({
  password,
  passwordFile,
}: Configuration): Promise<string | undefined> {
  if (passwordFile === undefined) return password;
  try {
    const [line = ''] = (await readFile(passwordFile, 'utf8')).split(/\r?\n/);
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
