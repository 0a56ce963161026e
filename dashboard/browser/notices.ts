/** The lines above the figures: what the board says itself, and what the page adds to it. */

import { formatEstimate } from '../../shared/report/format.js';
import type { Notice } from '../api/notice.js';
import type { PanelView } from '../api/panel-view.js';

export interface NoticeTerms {
  /** Whether the board's own server did not answer the last time. */
  readonly away: boolean;
  /** Whether the run that is shown was picked, or is what the page is about. */
  readonly picked: boolean;
}

/** What there is to say above the figures. */
export function noticesOf(view: PanelView, { away, picked }: NoticeTerms): Notice[] {
  if (away) return [{ tone: 'bad', text: 'The board’s server does not answer. Trying again.' }];
  return [
    ...(view.redisDownForMs > 0 ? [redisNotice(view)] : []),
    ...view.notices,
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
