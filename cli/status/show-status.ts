/** Showing the status: once, or again and again. */

import { requireRun } from '../../producer/run-lookup.js';
import { pauseFor } from '../../shared/base/wait.js';
import { readReport } from '../../shared/report/read-report.js';
import { requireRunNumber } from '../arguments/run-name.js';
import { reportLines } from '../report-lines.js';
import { runDocument } from '../run-table.js';
import { Screen } from '../screen.js';
import type { Session } from '../session.js';
import { statusDocument, statusLines } from './status-lines.js';
import { readSystemStatus, type SystemStatus } from './system-status.js';

const REFRESH_MS = 1000;

/** Prints the status once. */
export async function showStatus(session: Session, json: boolean): Promise<void> {
  print(session, await readSystemStatus(await session.redis()), json);
}

/** Shows the status each second until the session's signal: in place on a terminal. */
export async function watchStatus(session: Session, json: boolean): Promise<void> {
  const { terminal } = session;
  const redis = await session.redis();
  const screen = new Screen(terminal);
  const inPlace = !json && terminal.canRedrawData;
  do {
    const status = await readSystemStatus(redis);
    if (inPlace) screen.draw(statusLines(status, terminal.dataWidth));
    else print(session, status, json);
  } while (await pauseFor(REFRESH_MS, session.signal));
  // Ctrl-C has left its mark on the line of the prompt.
  if (inPlace) terminal.note('');
}

/** Prints the report of a run, live or ended. */
export async function showRun(session: Session, name: string, json: boolean): Promise<void> {
  const number = requireRunNumber(name);
  const { connection } = await session.redis();
  const report = await readReport(connection, await requireRun(connection, number));
  if (json) session.terminal.printJson(runDocument(report));
  else for (const line of reportLines(report)) session.terminal.print(line);
}

function print(session: Session, status: SystemStatus, json: boolean): void {
  const { terminal } = session;
  if (json) terminal.printJson(statusDocument(status));
  else for (const line of statusLines(status, terminal.dataWidth)) terminal.print(line);
}
