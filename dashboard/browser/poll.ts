/**
 * Asking for the figures, again and again. Polling, not server-sent events: a browser opens at most
 * six connections to a host over HTTP/1.1, and each stream would hold one, so that the seventh tab
 * hung; a poll also needs nothing to recover after a restart, a sleep or a proxy. The server answers
 * everybody who asks within a quarter of a second from one reading of Redis, and an answer that has
 * not changed is a 304.
 */

import type { PanelView } from '../api/panel-view.js';

/** While a run goes on: what is shown is then less than a second old. */
const LIVE_EVERY_MS = 500;

/** Otherwise: a run that begins is seen within a second too. */
const IDLE_EVERY_MS = 1000;

/** The server answers within two seconds, whatever Redis does; beyond this it is gone. */
const ANSWER_WITHIN_MS = 4000;

export interface Poll {
  /** Asks at once, for something else now. */
  refresh(): void;
}

/**
 * Asks for `address()` until the page is left; not while it is hidden. `onView` gets undefined where
 * the server did not answer.
 */
export function startPoll(
  address: () => string | undefined,
  onView: (view: PanelView | undefined, asked: string) => void,
): Poll {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let round = 0;

  const next = async (): Promise<void> => {
    clearTimeout(timer);
    round += 1;
    const mine = round;
    const asked = document.hidden ? undefined : address();
    let live = false;
    if (asked !== undefined) {
      const view = await load(asked);
      if (mine !== round) return;
      onView(view, asked);
      live = view?.run?.live === true;
    }
    timer = setTimeout(begin, live ? LIVE_EVERY_MS : IDLE_EVERY_MS);
  };
  const begin = (): void => {
    void next();
  };

  document.addEventListener('visibilitychange', begin);
  begin();
  return { refresh: begin };
}

async function load(address: string): Promise<PanelView | undefined> {
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const response = await fetch(address, { signal, cache: 'no-cache' });
    if (!response.ok) return undefined;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own server's answer, of its own version
    return (await response.json()) as PanelView;
  } catch {
    return undefined;
  }
}
