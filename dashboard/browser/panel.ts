/** The throughput panel: one script on Bull Board's page. */

import type { PanelView } from '../api/panel-view.js';
import { element } from './element.js';
import { pageOf } from './page.js';
import { type Choice, keepInPlace, recallChoice, rememberChoice } from './place.js';
import { startPoll } from './poll.js';
import { Rendering } from './rendering.js';
import { buildSkeleton } from './skeleton.js';
import { PANEL_STYLE } from './style.js';

function start(): void {
  const host = element('div', { id: 'throughput-panel' });
  const skeleton = buildSkeleton();
  host.attachShadow({ mode: 'open' }).append(element('style', {}, PANEL_STYLE), skeleton.root);

  let choice: Choice = recallChoice(location.pathname);
  let view: PanelView | undefined;
  let away = false;
  const show = (): void => rendering.render(view, { choice, away, path: location.pathname });
  const rendering = new Rendering(skeleton, (chosen) => {
    choice = { ...choice, ...chosen };
    rememberChoice(location.pathname, choice);
    show();
    poll.refresh();
  });

  let shown = '';
  const poll = startPoll(
    () => addressOf(location.pathname, choice),
    (answer, asked) => {
      // What another page showed is not this page's; the last figures of this one are better than none.
      if (answer !== undefined || asked !== shown) view = answer;
      away = answer === undefined;
      shown = asked;
      show();
    },
  );
  keepInPlace(
    host,
    () => pageOf(location.pathname) !== undefined,
    (path) => {
      choice = recallChoice(path);
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
  return `/api/throughput?${query.toString()}`;
}

start();
