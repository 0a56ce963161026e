/** The state of the run that is shown, as one chip: green only while jobs end, or all have. */

import { formatEstimate } from '../../shared/report/format.js';
import { outcomeParts, toneOf } from '../../shared/report/outcome-bar.js';
import type { PanelView, RunView } from '../api/panel-view.js';

export interface ShownState {
  readonly tone: 'live' | 'good' | 'warning' | 'bad';
  readonly text: string;
  /** Whether the figures are those of an earlier moment. */
  readonly isStale: boolean;
}

/** `awayForMs`: for how long the board's own server has not answered; 0 when it does. */
export function stateOf(run: RunView, view: PanelView, awayForMs: number): ShownState {
  const staleForMs = Math.max(awayForMs, view.redisDownForMs);
  if (staleForMs > 0) {
    const text = `as it was ${formatEstimate(staleForMs)} ago`;
    return { tone: 'warning', text, isStale: true };
  }
  return { ...(run.live ? liveState(run, view) : endedState(run)), isStale: false };
}

type State = Omit<ShownState, 'isStale'>;

function liveState({ report, recentPerSecond }: RunView, { standstills }: PanelView): State {
  if (report.state === 'cancelled') return { tone: 'warning', text: 'being cancelled' };
  const standstill = standstills.find(({ why }) => why !== 'slow-rate');
  if (standstill !== undefined) return { tone: 'warning', text: standstill.brief };
  if (report.ended === 0) return { tone: 'warning', text: 'waiting' };
  if (recentPerSecond === 0) return { tone: 'warning', text: 'stands still' };
  return { tone: 'live', text: 'running' };
}

function endedState({ report, failed }: RunView): State {
  if (report.state !== 'ended') return { tone: 'bad', text: report.state };
  if (failed > 0) return { tone: 'bad', text: 'done, with failures' };
  return toneOf(outcomeParts(report)) === 'doubtful'
    ? { tone: 'warning', text: 'done, most of it missing' }
    : { tone: 'good', text: 'done' };
}
