/** What is wrong, and what to type about it: the lines above the figures. */

import { isFailure, isReason, REASONS } from '../../shared/base/outcome.js';
import { formatCount, formatEstimate } from '../../shared/report/format.js';
import type { QueuePause, QueueState } from '../../shared/queues/queue-state.js';
import type { PanelView, RunView, WorkerView } from '../api/panel-view.js';

export interface Notice {
  readonly tone: 'bad' | 'warning' | 'hint';
  readonly text: string;
  /** What to type about it; undefined where there is nothing to type. */
  readonly command?: string;
  /** The run whose page it points to. */
  readonly run?: number;
}

const PROGRAM = 'npx comic-queue';

/** Reasons named in one line. */
const REASONS_SHOWN = 3;

const TRACKERS_PAUSED: Notice = {
  tone: 'bad',
  text: 'The queue of runs is paused: no run ends.',
  command: `${PROGRAM} resume runs`,
};

export interface NoticeTerms {
  /** Whether the board's own server did not answer the last time. */
  readonly away: boolean;
  /** Whether the run that is shown was picked, or is what the page is about. */
  readonly picked: boolean;
}

/** What there is to say above the figures. */
export function noticesOf(view: PanelView, { away, picked }: NoticeTerms): Notice[] {
  if (away) return [{ tone: 'bad', text: 'The board’s server does not answer. Trying again.' }];
  const { run, queue } = view;
  return [
    ...(view.redisDownForMs > 0 ? [redisNotice(view)] : []),
    ...view.starved.map(starvedNotice),
    ...view.storeSplits.map((text): Notice => ({ tone: 'warning', text })),
    ...(view.trackersPaused ? [TRACKERS_PAUSED] : []),
    ...(run === null || queue === null ? [] : queueNotices(run, queue, view.workers)),
    ...(run === null ? [] : runNotices(run)),
    ...(picked ? newerNotices(view) : []),
  ];
}

/** Who looks at a run that is over may not see that another one is worked. */
function newerNotices({ run, choices }: PanelView): Notice[] {
  const newer = choices.find((choice) => choice.live && choice.run > (run?.report.run ?? 0));
  if (run === null || run.live || newer === undefined) return [];
  return [{ tone: 'hint', text: 'This run is over, and a newer one goes on:', run: newer.run }];
}

function redisNotice({ redisDownForMs, run }: PanelView): Notice {
  const time = formatEstimate(redisDownForMs);
  const shown = run === null ? '' : ' These are the last figures seen.';
  const text = `Redis has not answered for ${time}.${shown} The board goes on by itself.`;
  return { tone: 'bad', text };
}

function starvedNotice({ name, waiting, starvedForMs }: QueueState): Notice {
  return {
    tone: 'bad',
    text: `${name}: ${formatCount(waiting)} jobs wait, and none has started for ${formatEstimate(starvedForMs)}.`,
    command: `${PROGRAM} work`,
  };
}

function queueNotices(run: RunView, queue: QueueState, workers: readonly WorkerView[]): Notice[] {
  const notices: Notice[] = [];
  const left = run.live ? run.report.queued - run.report.ended : 0;
  if (workers.length === 0 && left > 0 && queue.starvedForMs === 0) {
    const text = `No worker is connected to ${queue.name}; ${formatCount(left)} jobs are left.`;
    notices.push({ tone: 'warning', text, command: `${PROGRAM} work` });
  }
  if (queue.pause !== undefined) notices.push(pauseNotice(queue.name, queue.pause));
  for (const { name, trouble } of workers) {
    if (trouble !== null) notices.push({ tone: 'warning', text: `${name}: ${trouble}` });
  }
  return notices;
}

function pauseNotice(queue: string, { by, reason, leftMs }: QueuePause): Notice {
  if (by === 'person') {
    const command = `${PROGRAM} resume ${queue}`;
    return { tone: 'warning', text: `${queue} is paused.`, command };
  }
  if (by === 'outage') {
    const next = leftMs === undefined || leftMs === 0 ? 'now' : `in ${formatEstimate(leftMs)}`;
    const text = `The site does not answer (${reason}): ${queue} waits. One job asks it again ${next}.`;
    return { tone: 'warning', text };
  }
  const time = formatEstimate(leftMs ?? 0);
  const text = `The site asked to be left alone (${reason}): ${queue} goes on in ${time}.`;
  return { tone: 'warning', text };
}

function runNotices(run: RunView): Notice[] {
  const { report, failed } = run;
  const name = `run-${report.run}`;
  const notices: Notice[] = [];
  if (report.state === 'cancelled') {
    notices.push({ tone: 'hint', text: `${name} was cancelled.` });
  }
  if (report.state === 'abandoned') {
    const command = `${PROGRAM} enqueue --resume ${name}`;
    notices.push({ tone: 'warning', text: `${name} lost its producer half way.`, command });
  }
  if (failed > 0 && report.state !== 'cancelled') {
    const text = `${formatCount(failed)} of ${formatCount(report.ended)} failed: ${reasonsText(run)}.`;
    notices.push({ tone: 'warning', text, command: `${PROGRAM} failed ${name}` });
  }
  if (report.disturbed !== null) {
    const text = `This baseline is disturbed (${report.disturbed}) and compared with nothing.`;
    notices.push({ tone: 'warning', text });
  }
  if (!report.baseline && report.comparison === null) {
    const command = `${PROGRAM} enqueue ${run.plural} ${typable(report.selection)} --baseline`;
    const text = 'There is no run of one job at a time to compare with. To get one:';
    notices.push({ tone: 'hint', text, command });
  }
  return notices;
}

/** Selections that mean the same in every shell. */
const TYPABLE = /^[\p{L}\p{N} ,.:"_-]+$/u;

/** A selection as it is typed; another one might be read by the shell. */
function typable(selection: string): string {
  return TYPABLE.test(selection) ? selection : '--input FILE';
}

/** `forbidden 12, timeout 3, and others`. */
function reasonsText({ report }: RunView): string {
  const failures = Object.entries(report.reasons)
    .filter(([reason]) => isReason(reason) && isFailure(REASONS[reason].outcome))
    .toSorted(([, a], [, b]) => b - a);
  const shown = failures
    .slice(0, REASONS_SHOWN)
    .map(([reason, count]) => `${reason} ${formatCount(count)}`);
  return [...shown, ...(failures.length > REASONS_SHOWN ? ['and others'] : [])].join(', ');
}
