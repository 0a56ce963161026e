/** Showing the status: once, or again and again. */

import { requireRun } from '../../producer/wait.js';
import { pauseFor } from '../../shared/base/wait.js';
import { readReport } from '../../shared/report/read-report.js';
import { isLive } from '../../shared/runs/run.js';
import { requireRunNumber } from '../arguments/run-name.js';
import { reportLines } from '../report-lines.js';
import { runDocument } from '../run-table.js';
import { Screen } from '../screen.js';
import type { Session } from '../session.js';
import { statusDocument, statusLines } from './status-lines.js';
import { readSystemStatus } from './system-status.js';

const REFRESH_MS = 1000;

export interface Showing {
  readonly json: boolean;
  /** Again each second, until the session's signal or until nothing will change any more. */
  readonly watch: boolean;
}

/** Shows lanes, workers and the newest runs. */
export async function showStatus(session: Session, showing: Showing): Promise<void> {
  const redis = await session.redis();
  await show(session, showing, async () => {
    const status = await readSystemStatus(redis);
    return {
      document: statusDocument(status),
      lines: statusLines(status, session.terminal.dataWidth),
      final: false,
    };
  });
}

/** Shows the report of a run, live or ended. */
export async function showRun(session: Session, name: string, showing: Showing): Promise<void> {
  const number = requireRunNumber(name);
  const { connection } = await session.redis();
  await show(session, showing, async () => {
    const run = await requireRun(connection, number);
    const report = await readReport(connection, run);
    return { document: runDocument(report), lines: reportLines(report), final: !isLive(run) };
  });
}

interface Sight {
  readonly document: object;
  readonly lines: readonly string[];
  /** Nothing of it will change any more. */
  readonly final: boolean;
}

/** Prints what is seen, in place where a terminal allows it. */
async function show(
  { terminal, signal }: Session,
  { json, watch }: Showing,
  look: () => Promise<Sight>,
): Promise<void> {
  const screen = watch && !json && terminal.canRedrawData ? new Screen(terminal) : undefined;
  while (true) {
    const { document, lines, final } = await look();
    if (json) terminal.printJson(document);
    else if (screen === undefined) for (const line of lines) terminal.print(line);
    else screen.draw(lines);
    if (!watch || final || !(await pauseFor(REFRESH_MS, signal))) break;
  }
  // Ctrl-C has left its mark on the line of the prompt.
  if (screen !== undefined && signal.aborted) terminal.note('');
}
