/** What is wrong, and what to type about it: the lines above the figures of the panel. */

import { countFailed, isFailure, isReason, REASONS } from '../../shared/base/outcome.js';
import { proposed } from '../../shared/base/proposed-command.js';
import { kindOf } from '../../shared/kinds/kinds.js';
import { proposedWorker } from '../../shared/kinds/site.js';
import { type Heartbeat, isWorkerOf } from '../../shared/queues/heartbeat.js';
import { runName } from '../../shared/queues/job.js';
import { queueOf } from '../../shared/queues/queue.js';
import type { ScheduledWatch } from '../../shared/queues/watches.js';
import { formatCount } from '../../shared/report/format.js';
import {
  allStandstills,
  type RunStandstill,
  type Standstill,
  type SystemFacts,
} from '../../shared/report/standstill.js';
import type { Report } from '../../shared/report/report.js';
import { watchText } from '../../shared/report/watch-text.js';
import { type Run, wordsOfSelection } from '../../shared/runs/run.js';
import type { Notice } from '../api/notice.js';
import type { RunDetails } from './run-list.js';

/** Reasons named in one line. */
const REASONS_SHOWN = 3;

/** A longer selection is not proposed to be typed again. */
const TYPED_LENGTH_MAX = 120;

/** A look that is due is made within seconds where there is a worker. */
const LOOK_LATE_MS = 60_000;

export interface NoticeFacts extends Omit<SystemFacts, 'ofRuns'> {
  /** The run that was asked for; undefined for the newest. */
  readonly asked: number | undefined;
  /** The run that is shown, with what keeps it from getting on. */
  readonly run: RunDetails | undefined;
  readonly standstills: readonly Standstill[];
  /** Sentences about workers that do not share their results. */
  readonly storeSplits: readonly string[];
}

/**
 * What there is to say of queues, workers and the run that is shown. `queues` are that of the run, and
 * others whose jobs nobody takes.
 */
export function noticesOf(notice: NoticeFacts): Notice[] {
  const { asked, run, standstills, storeSplits, ...facts } = notice;
  const ofRuns = standstills.map((one): RunStandstill => ({ ...one, ...placeOf(run) }));
  return [
    ...missingNotices(asked, run),
    ...allStandstills({ ...facts, ofRuns }).map(standstillNotice),
    ...storeSplits.map((text): Notice => ({ tone: 'warning', text })),
    ...(run === undefined ? [] : runNotices(run)),
  ];
}

/** What is wrong with watches: a look that failed, or that no worker makes. */
export function watchNotices({
  watches,
  workers,
  nowMs,
}: {
  readonly watches: readonly ScheduledWatch[];
  readonly workers: readonly Heartbeat[];
  /** Redis time. */
  readonly nowMs: number;
}): Notice[] {
  return watches.flatMap((watch): Notice[] => {
    const { kind, site, problem, nextAtMs = nowMs } = watch;
    const text = `${watchText(watch, nowMs)}.`;
    const isLate = nowMs - nextAtMs > LOOK_LATE_MS;
    if (isLate && !workers.some((worker) => isWorkerOf(worker, queueOf(kind, false), site))) {
      const command = proposedWorker(kind, site);
      return [{ tone: 'warning', text: `${text} No worker is there to look. Start one:`, command }];
    }
    return problem === '' ? [] : [{ tone: 'warning', text }];
  });
}

function missingNotices(asked: number | undefined, shown: RunDetails | undefined): Notice[] {
  if (asked === undefined || asked === shown?.run.number) return [];
  const instead = shown === undefined ? '' : `; ${runName(shown.run.number)} is shown`;
  return [{ tone: 'warning', text: `There is no ${runName(asked)}${instead}.` }];
}

function placeOf(details: RunDetails | undefined): Pick<RunStandstill, 'run' | 'queue'> {
  const { run } = details ?? {};
  return { run: runName(run?.number ?? 0), queue: run?.queue.name ?? '' };
}

/** The same words as `status` has, as a sentence. */
function standstillNotice({ why, text, remedy }: Standstill): Notice {
  const tone = why === 'starved' || why === 'runs-paused' ? 'bad' : 'warning';
  const sentence = `${text.replace(/^no /, 'No ')}.`;
  if (remedy === null) return { tone, text: sentence };
  return { tone, text: `${sentence} ${remedy.label}:`, command: remedy.command };
}

function runNotices({ run, report }: RunDetails): Notice[] {
  const name = runName(report.run);
  const notices: Notice[] = [];
  if (report.state === 'cancelled') {
    notices.push({ tone: 'hint', text: `${name} was cancelled.` });
  }
  if (report.state === 'abandoned') {
    const text = `${name} lost its producer half way. Resume it:`;
    notices.push({ tone: 'warning', text, command: proposed('enqueue', '--resume', name) });
  }
  notices.push(...failureNotices(report));
  if (report.disturbed !== null) {
    const text = `This baseline is disturbed (${report.disturbed}) and compared with nothing.`;
    notices.push({ tone: 'warning', text });
  }
  if (!report.baseline && report.comparison === null && report.state !== 'cancelled') {
    const text = 'There is no run of one job at a time to compare with. To get one:';
    notices.push({ tone: 'hint', text, command: baselineCommand(run) });
  }
  return notices;
}

function failureNotices({ run, state, ended, outcomes, recovered, reasons }: Report): Notice[] {
  const failed = countFailed(outcomes) - recovered;
  if (failed <= 0 || state === 'cancelled') return [];
  const facts = `${formatCount(failed)} of ${formatCount(ended)} failed: ${reasonsText(reasons)}`;
  const command = proposed('failed', runName(run));
  return [{ tone: 'warning', text: `${facts}. See what failed:`, command }];
}

/** `forbidden 12, timeout 3, and others`. */
function reasonsText(reasons: Report['reasons']): string {
  const failures = Object.entries(reasons)
    .filter(([reason]) => isReason(reason) && isFailure(REASONS[reason].outcome))
    .toSorted(([, a], [, b]) => b - a);
  const shown = failures
    .slice(0, REASONS_SHOWN)
    .map(([reason, count]) => `${reason} ${formatCount(count)}`);
  return [...shown, ...(failures.length > REASONS_SHOWN ? ['and others'] : [])].join(', ');
}

/** The same selection one at a time: fetched again, for what is kept already is no measure. */
function baselineCommand({ kind, selection, times }: Run): string {
  const { plural, site } = kindOf(kind);
  const isTypable = selection !== '' && selection.length <= TYPED_LENGTH_MAX;
  return proposed(
    'enqueue',
    plural,
    ...(isTypable ? wordsOfSelection(selection) : ['--input', 'FILE']),
    ...(times > 1 ? ['--times', String(times)] : []),
    '--baseline',
    ...(site === undefined ? [] : ['--refetch']),
  );
}
