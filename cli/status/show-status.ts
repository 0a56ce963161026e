/** Showing the status: once, or again and again. */

import { requireRun } from '../../producer/run-lookup.js';
import { pauseFor } from '../../shared/base/wait.js';
import { isLive } from '../../shared/runs/run.js';
import { readReport } from '../../shared/report/read-report.js';
import type { Report } from '../../shared/report/report.js';
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
  printReport(session, report, json);
}

/** Shows the report of a run each second until it is over, or the session's signal. */
export async function watchRun(session: Session, name: string, json: boolean): Promise<void> {
  const { terminal } = session;
  const number = requireRunNumber(name);
  const { connection } = await session.redis();
  const screen = new Screen(terminal);
  const inPlace = !json && terminal.canRedrawData;
  let live = true;
  do {
    const run = await requireRun(connection, number);
    live = isLive(run);
    const report = await readReport(connection, run);
    if (inPlace) screen.draw(reportLines(report).map((line) => line.slice(0, terminal.dataWidth)));
    else printReport(session, report, json);
  } while (live && (await pauseFor(REFRESH_MS, session.signal)));
  if (inPlace && session.signal.aborted) terminal.note('');
}

function printReport({ terminal }: Session, report: Report, json: boolean): void {
  if (json) terminal.printJson(runDocument(report));
  else for (const line of reportLines(report)) terminal.print(line);
}

function print(session: Session, status: SystemStatus, json: boolean): void {
  const { terminal } = session;
  if (json) terminal.printJson(statusDocument(status));
  else for (const line of statusLines(status, terminal.dataWidth)) terminal.print(line);
}
