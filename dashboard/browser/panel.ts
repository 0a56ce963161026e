/** The throughput panel, on Bull Board's pages and on a run's own. */

import { DELTA, type Delta, type PanelView, withDelta } from '../api/panel-view.js';
import { pageOf } from './page.js';
import {
  type Choice,
  currentPath,
  keepInPlace,
  recallChoice,
  rememberChoice,
  urlOf,
} from './place.js';
import { element } from './element.js';
import { Rendering } from './rendering.js';
import { buildSkeleton, pageLinks } from './skeleton.js';
import { PANEL_STYLE } from './style.js';

/** While a run is live: what is shown is then less than a second old. */
const LIVE_EVERY_MS = 500;

/** Otherwise: a run that starts is seen within a second too. */
const IDLE_EVERY_MS = 1000;

/** The server answers within two seconds, whatever Redis does; beyond this it is gone. */
const ANSWER_WITHIN_MS = 4000;

/** A page is shown after this long, answered or not. */
const SEEN_AFTER_MS = 1500;

/** Puts the panel on the page, where it has a place, and keeps it up to date. */
export function startPanel(): void {
  if (document.querySelector('#root, #panel-place') === null) return;
  // Until the first answer what is below stays out of sight, so that nothing moves once it is seen.
  const host = element('div', { id: 'throughput-panel', 'data-waiting': '' });
  const seen = (): void => host.removeAttribute('data-waiting');
  setTimeout(seen, SEEN_AFTER_MS);
  const skeleton = buildSkeleton();
  host.attachShadow({ mode: 'open' }).append(element('style', {}, PANEL_STYLE), skeleton.root);

  let choice: Choice = recallChoice(currentPath(), location.search);
  let view: PanelView | undefined;
  let answeredAtMs = Date.now();
  let away = false;
  const show = (): void =>
    rendering.render(view, {
      choice,
      awayForMs: away ? Math.max(1, Date.now() - answeredAtMs) : 0,
      path: currentPath(),
    });
  const rendering = new Rendering(skeleton, (chosen) => {
    const own = pageOf(currentPath())?.run;
    // A run's page is about that run alone.
    if (own !== undefined && 'run' in chosen && currentPath().startsWith('/runs/')) {
      if (chosen.run !== undefined) location.assign(urlOf(`runs/run-${chosen.run}`));
      return;
    }
    choice = { ...choice, ...chosen };
    rememberChoice(currentPath(), choice);
    show();
    poll.refresh();
  });

  let shown = '';
  const poll = startPoll(
    () => addressOf(currentPath(), choice),
    (answer, asked) => {
      // What another page showed is not this page's; the last figures of this one are better than none.
      if (answer !== undefined || asked !== shown) view = answer;
      away = answer === undefined;
      if (!away) answeredAtMs = Date.now();
      shown = asked;
      show();
      seen();
    },
  );
  keepInPlace(
    { panel: host, links: pageLinks() },
    () => pageOf(currentPath()) !== undefined,
    (path) => {
      choice = recallChoice(path, location.search);
      poll.refresh();
    },
  );
  new ResizeObserver(show).observe(skeleton.drawing);
}

/** What to ask for on a page; undefined where the panel is not shown. */
function addressOf(path: string, choice: Choice): string | undefined {
  const page = pageOf(path);
  if (page === undefined) return undefined;
  const query = new URLSearchParams();
  const run = choice.run ?? page.run;
  if (page.queue !== undefined) query.set('queue', page.queue);
  if (run !== undefined) query.set('run', String(run));
  if (choice.overlay !== undefined) query.set('with', String(choice.overlay));
  return urlOf(`api/throughput?${query.toString()}`);
}

interface Poll {
  /** Asks at once, for something else now. */
  refresh(): void;
}

/**
 * Asks for `address()` until the page is left; not while it is hidden. `onView` gets undefined where
 * the server did not answer.
 *
 * Polling, not server-sent events: a browser opens at most six connections to a host over HTTP/1.1,
 * and each stream would hold one, so that the seventh tab hung. A poll also recovers by itself from
 * a restart, a sleep or a proxy; an answer that has not changed is a 304, and one that has says what.
 */
function startPoll(
  address: () => string | undefined,
  onView: (view: PanelView | undefined, asked: string) => void,
): Poll {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let round = 0;
  let known: Answered | undefined;

  const next = async (): Promise<void> => {
    clearTimeout(timer);
    round += 1;
    const mine = round;
    const asked = document.hidden ? undefined : address();
    let live = false;
    if (asked !== undefined) {
      const answered = await load(asked, known);
      if (mine !== round) return;
      known = answered ?? known;
      onView(answered?.view, asked);
      live = answered?.view.run?.live === true;
    }
    // One line tells less than a chart, and on a page of jobs the browser has those to draw.
    const often = live && pageOf(currentPath())?.brief !== true;
    timer = setTimeout(begin, often ? LIVE_EVERY_MS : IDLE_EVERY_MS);
  };
  const begin = (): void => {
    void next();
  };

  document.addEventListener('visibilitychange', begin);
  begin();
  return { refresh: begin };
}

/** A view as the server sent it, with what it calls it. */
interface Answered {
  readonly address: string;
  readonly tag: string;
  readonly view: PanelView;
}

/** Asks for what has changed since `known` where that is of the same address; undefined without an answer. */
async function load(address: string, known: Answered | undefined): Promise<Answered | undefined> {
  const before = known?.address === address ? known : undefined;
  const headers = before === undefined ? {} : { 'If-None-Match': before.tag, 'A-IM': DELTA };
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const response = await fetch(address, { signal, cache: 'no-store', headers });
    if (response.status === 304) return before;
    if (!response.ok) return undefined;
    const view = await viewIn(response, before?.view);
    return { address, tag: response.headers.get('ETag') ?? '', view };
  } catch {
    return undefined;
  }
}

async function viewIn(response: Response, before: PanelView | undefined): Promise<PanelView> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own server's answer, of its own version
  const body = (await response.json()) as Delta | PanelView;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a delta makes a view of a view
  return (response.headers.has('IM') ? withDelta(before, body as Delta) : body) as PanelView;
}
