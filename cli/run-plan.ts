/** The plan of a run: read and checked whole, before Redis is opened or anything of it loaded. */

import { fetchLatest } from '../producer/latest.js';
import { planRun, type RunPlan, type RunRequest } from '../producer/plan.js';
import { EXIT, type ExitCode } from '../shared/base/errors.js';
import { queueOf } from '../shared/queues/queue.js';
import { countsText } from './run-text.js';
import type { Session } from './session.js';
import { userAgentOf } from './version.js';

/** Reads a request to its end, for the site that is configured. */
export function openPlan(session: Session, request: RunRequest): Promise<RunPlan> {
  const site = session.configuration.sites[request.kind];
  const userAgent = userAgentOf(session.configuration.contact);
  return planRun(request, {
    site,
    latest: async (signal) => {
      return fetchLatest(site, userAgent, signal);
    },
    stdin: process.stdin,
    signal: session.signal,
  });
}

/** Says what a plan would queue. */
export function showPlan(session: Session, { run }: RunPlan, json: boolean): ExitCode {
  const queue = queueOf(run.kind, run.baseline).name;
  const { asked, duplicates, total: queued, selection, digest, site } = run;
  if (json) {
    session.terminal.printJson({
      dryRun: true,
      kind: run.kind,
      queue,
      asked,
      duplicates,
      queued,
      selection,
      digest,
      site,
    });
  } else {
    session.terminal.print(
      `${countsText({ asked, duplicates, queued })} in ${queue} (dry run: nothing was queued)`,
    );
  }
  return EXIT.ok;
}
