/** The measurement of the demo: a comparison in a directory that it clears first. */

import { planRun, type RunPlan } from '../../producer/plan.js';
import { CommandError, errorText, EXIT } from '../../shared/base/errors.js';
import type { Sites } from '../../shared/kinds/site.js';
import { ATTEMPTS_DEFAULT } from '../../shared/queues/job.js';
import { finishComparison } from '../compare/compare.js';
import type { ComparisonReport } from '../compare/comparison-report.js';
import { compareRuns } from '../compare/comparison.js';
import { requireIdleLanes } from '../compare/idle-lanes.js';
import { OwnCrew } from '../compare/own-crew.js';
import { SetAside } from '../compare/set-aside.js';
import { StepDisplay } from '../compare/step-display.js';
import { withSpool } from '../run-plan.js';
import type { Session } from '../session.js';
import { type DemoRequest, warmUpWords } from './demo-request.js';

/** What a demo leaves in its directory: the next one takes its place. */
const LEFT_BEHIND = ['comics', 'journal', '.sites', 'report.json', 'report.md', 'chart.svg'];

export interface DemoPlace {
  readonly sites: Sites;
  /** Where results and report go. */
  readonly directory: string;
}

/** Measures comics one at a time and many at a time, after a warm-up. */
export async function runDemo(
  session: Session,
  request: DemoRequest,
  place: DemoPlace,
): Promise<ComparisonReport> {
  const redis = await session.redis();
  await requireIdleLanes(redis.connection, 'comic');
  return withDemoPlans(session, request, place, async ({ plan, warmUp }) => {
    const { configuration, signal, terminal } = session;
    const { passes, concurrency } = request;
    await clear(place.directory);
    const crew = new OwnCrew({ kind: 'comic', configuration, address: redis.address, ...place });
    session.defer(() => crew.stop());
    const startedAtMs = redis.clock.now();
    const result = await compareRuns({
      connection: redis.connection,
      signal,
      plan,
      concurrencies: [concurrency],
      passes,
      warmUp,
      crew,
      watch: new StepDisplay({ terminal, kind: 'comic', passes }),
    });
    const { directory } = place;
    const facts = { kind: 'comic', startedAtMs, passes, workers: 'own', directory } as const;
    return finishComparison(redis, result, facts);
  });
}

interface DemoPlans {
  readonly plan: RunPlan;
  readonly warmUp: RunPlan;
}

function withDemoPlans(
  { signal }: Session,
  demo: DemoRequest,
  { sites: { comic: site } }: DemoPlace,
  use: (plans: DemoPlans) => Promise<ComparisonReport>,
): Promise<ComparisonReport> {
  return withSpool(async (spoolDir) => {
    const context = { site, latest: refuseLatest, stdin: process.stdin, signal, spoolDir };
    const request = {
      kind: 'comic',
      words: demo.words,
      inputFiles: [],
      baseline: false,
      refetch: true,
      attempts: ATTEMPTS_DEFAULT,
      times: 1,
    } as const;
    const plan = await planRun(request, context);
    const warmUp = await planRun({ ...request, words: warmUpWords(demo) }, context);
    try {
      return await use({ plan, warmUp });
    } finally {
      plan.dispose();
      warmUp.dispose();
    }
  });
}

function refuseLatest(): Promise<never> {
  throw new CommandError(EXIT.usage, 'The demo takes comics by number, such as 1-200');
}

async function clear(directory: string): Promise<void> {
  try {
    await new SetAside(directory).take(LEFT_BEHIND);
  } catch (error) {
    throw new CommandError(
      EXIT.cannotWrite,
      `Cannot clear ${directory} of an earlier demo: ${errorText(error)}. Remove it, or give another place with --data`,
      { cause: error },
    );
  }
}
