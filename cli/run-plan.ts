/** The plan of a run: read and checked whole, before Redis is opened or anything of it loaded. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchLatest } from '../producer/latest.js';
import { planRun, type RunPlan, type RunRequest } from '../producer/plan.js';
import { EXIT, type ExitCode } from '../shared/base/errors.js';
import { queueOf } from '../shared/queues/queue.js';
import { countsText } from './run-text.js';
import type { Session } from './session.js';
import { userAgentOf } from './version.js';

/** Works with the plan of a request; nothing of it is left afterwards. */
export async function withPlan<T>(
  session: Session,
  request: RunRequest,
  use: (plan: RunPlan, spoolDir: string) => Promise<T>,
): Promise<T> {
  const site = session.configuration.sites[request.kind];
  const userAgent = userAgentOf(session.configuration.contact);
  return withSpool(async (spoolDir) => {
    const plan = await planRun(request, {
      site,
      latest: async (signal) => {
        return fetchLatest(site, userAgent, signal);
      },
      stdin: process.stdin,
      signal: session.signal,
      spoolDir,
    });
    try {
      return await use(plan, spoolDir);
    } finally {
      plan.dispose();
    }
  });
}

/** Works with a directory for long selections that is gone afterwards. */
export async function withSpool<T>(use: (spoolDir: string) => Promise<T>): Promise<T> {
  const spoolDir = await mkdtemp(join(tmpdir(), 'comic-queue-'));
  try {
    return await use(spoolDir);
  } finally {
    await rm(spoolDir, { recursive: true, force: true });
  }
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
