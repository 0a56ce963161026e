/** What each queue's card and page say besides their counts: its rate now, its run, what is wrong. */

import type { AfterHook, ControllerHandlerReturnType } from '@bull-board/api/typings/app';
import { z } from 'zod';
import { RUNS_QUEUE } from '../../shared/queues/lane.js';
import { formatCount, formatDuration } from '../../shared/report/format.js';
import type { LaneView, RunView } from '../api/panel-view.js';
import type { LaneActivity, Panel } from '../live/panel.js';

const Cards = z.looseObject({ queues: z.array(z.looseObject({ name: z.string() })) });

/** A hook for Bull Board's list of queues: `comics · 65.4/s`, and below it how its run goes. */
export function liveCards(panel: Panel): AfterHook {
  return async (context, result): Promise<ControllerHandlerReturnType> => {
    if (context.route !== '/api/queues') return result;
    const body = Cards.safeParse(result.body);
    if (!body.success) return result;
    const lanes = await panel.activity();
    const queues = body.data.queues.map((queue) => {
      const activity = lanes.find(({ lane }) => lane.name === queue.name);
      if (activity !== undefined) return { ...queue, ...wordsOf(activity) };
      return queue.name === RUNS_QUEUE ? { ...queue, description: RUNS_DESCRIPTION } : queue;
    });
    return { ...result, body: { ...body.data, queues } };
  };
}

const RUNS_DESCRIPTION = 'Each job is a run: its result is the report, its logs the story';

interface CardWords {
  readonly displayName?: string;
  readonly description: string;
}

function wordsOf({ lane, run, perSecond, workers, atATime }: LaneActivity): CardWords {
  const hands =
    workers === 0
      ? 'no worker'
      : `${formatCount(workers)} ${workers === 1 ? 'worker' : 'workers'}, ${formatCount(atATime)} at a time`;
  const parts = [hands, ...troubleOf(lane), ...(run === undefined ? [] : [progressOf(run)])];
  return {
    ...(perSecond === undefined ? {} : { displayName: `${lane.name} · ${shortRate(perSecond)}` }),
    description: parts.join(' · '),
  };
}

function troubleOf(lane: LaneView): string[] {
  if (lane.paused) return ['paused'];
  if (lane.sitePausedForMs > 0) {
    return [`its site is left alone for ${formatDuration(lane.sitePausedForMs)}`];
  }
  if (lane.starvedForMs === 0) return [];
  const time = formatDuration(lane.starvedForMs);
  return [`${formatCount(lane.waiting)} jobs wait, none has started for ${time}`];
}

function progressOf({ report, live, title }: RunView): string {
  if (!live) return title;
  return `run-${report.run}: ${formatCount(report.ended)} of ${formatCount(report.queued)} done`;
}

/** `65.4/s`. */
function shortRate(perSecond: number): string {
  return `${perSecond >= 99.95 ? formatCount(perSecond) : perSecond.toFixed(1)}/s`;
}
