/** Showing the status: once, or again and again. */

import { pauseFor } from '../../shared/base/wait.js';
import { Screen } from '../screen.js';
import type { Session } from '../session.js';
import { statusDocument, statusLines } from './status-lines.js';
import { StatusReader, type SystemStatus } from './system-status.js';

const REFRESH_MS = 1000;

/** Prints the status once. */
export async function showStatus(session: Session, json: boolean): Promise<void> {
  const reader = await openReader(session);
  print(session, await reader.read(), json);
}

/** Shows the status each second until the session's signal: in place on a terminal. */
export async function watchStatus(session: Session, json: boolean): Promise<void> {
  const { terminal } = session;
  const reader = await openReader(session);
  const screen = new Screen(terminal);
  const inPlace = !json && terminal.canRedrawData;
  do {
    const status = await reader.read();
    if (inPlace) screen.draw(statusLines(status, terminal.dataWidth));
    else print(session, status, json);
  } while (await pauseFor(REFRESH_MS, session.signal));
}

async function openReader(session: Session): Promise<StatusReader> {
  const reader = new StatusReader(await session.redis());
  session.defer(() => reader.close());
  return reader;
}

function print(session: Session, status: SystemStatus, json: boolean): void {
  const { terminal } = session;
  if (json) terminal.printJson(statusDocument(status));
  else for (const line of statusLines(status, terminal.dataWidth)) terminal.print(line);
}
