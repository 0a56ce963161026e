/** How fast a run goes just now, and when it will be over. */

import { type Report, workDone } from '../../shared/report/report.js';
import type { Point } from '../../shared/runs/series.js';

/** What "just now" means: long enough to be steady, short enough to show a change. */
const WINDOW_SECONDS = 10;

/** Without an end for this long, the silence counts: a run that stands still shows that it does. */
const SILENCE_SECONDS = 3;

/**
 * Jobs that did their work a second, over the last ten seconds of a live run; null before there is
 * any time to speak of.
 */
export function recentPerSecond(points: readonly Point[], elapsedSeconds: number): number | null {
  const [lastSeconds, lastDone] = points.at(-1) ?? [0, 0];
  const silent = elapsedSeconds - lastSeconds > SILENCE_SECONDS;
  const end = silent ? elapsedSeconds : lastSeconds;
  const start = Math.max(0, end - WINDOW_SECONDS);
  return end > start ? (lastDone - doneAt(points, start)) / (end - start) : null;
}

/** Milliseconds until the last job will have ended at the present pace; null where none is known. */
export function remainingMs(
  report: Report,
  recent: number | null,
  elapsedSeconds: number,
): number | null {
  const left = report.queued - report.ended;
  const done = workDone(report.outcomes);
  const endsPerSecond =
    done > 0 && recent !== null ? (recent * report.ended) / done : report.ended / elapsedSeconds;
  return endsPerSecond > 0 && Number.isFinite(endsPerSecond) ? (left / endsPerSecond) * 1000 : null;
}

/** Jobs done by a moment, on the straight line between the two points around it. */
function doneAt(points: readonly Point[], seconds: number): number {
  const after = points.findIndex(([at]) => at >= seconds);
  if (after < 0) return points.at(-1)?.[1] ?? 0;
  const [atSeconds, atDone] = points[after] ?? [0, 0];
  const [beforeSeconds, beforeDone] = points[after - 1] ?? [0, 0];
  const span = atSeconds - beforeSeconds;
  if (span <= 0) return atDone;
  return beforeDone + ((atDone - beforeDone) * (seconds - beforeSeconds)) / span;
}
