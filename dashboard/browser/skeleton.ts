/** The parts of the panel that stay: made once, written to at each update. */

import { PART_NAMES } from '../../shared/report/outcome-bar.js';
import { element, type Child } from './element.js';
import { urlOf } from './place.js';

export type FigureParts = ReturnType<typeof figure>;

export type Skeleton = ReturnType<typeof makeParts> & { readonly root: HTMLElement };

const PAGES = [
  ['', 'Board'],
  ['runs', 'Runs'],
  ['workers', 'Workers'],
  ['results', 'Results'],
] as const;

export function buildSkeleton(): Skeleton {
  const parts = makeParts();
  const root = element(
    'section',
    { class: 'panel', 'aria-labelledby': 'heading' },
    element('header', {}, parts.heading, parts.state, parts.choices, parts.more),
    parts.notices,
    parts.empty,
    parts.body,
    parts.footer,
    parts.spoken,
  );
  parts.body.append(
    parts.list,
    element(
      'div',
      { class: 'charts' },
      element('div', { class: 'toolbar' }, parts.legend, parts.chartButtons, parts.extentButtons),
      parts.drawing,
    ),
  );
  return { root, ...parts };
}

function makeParts() {
  return { ...headParts(), ...figureParts(), ...chartParts(), ...footParts() };
}

/** The same links as in the header of our own pages. */
export function pageLinks(): HTMLElement {
  const links = PAGES.map(([path, label]) => element('a', { href: urlOf(path) }, label));
  return element('nav', { class: 'cq-pages', 'aria-label': 'Pages' }, ...links);
}

function headParts() {
  const runSelect = element('select', { id: 'run' });
  const overlaySelect = element('select', { id: 'overlay' });
  return {
    heading: element('h2', { id: 'heading' }, 'Throughput'),
    state: element('span', { class: 'state' }),
    runSelect,
    overlaySelect,
    choices: element(
      'div',
      { class: 'choices' },
      labelled('Run', runSelect),
      labelled('Lay over it', overlaySelect),
    ),
    // Opens and closes a panel that is one line high.
    more: element('button', { class: 'more', type: 'button', 'aria-expanded': 'false' }, 'Chart'),
    notices: element('ul', { class: 'notices' }),
    empty: element('div', { class: 'empty', hidden: '' }),
    body: element('div', { class: 'body' }),
    // Read out by a screen reader when the state changes.
    spoken: element('p', { class: 'spoken', role: 'status' }),
  };
}

function labelled(label: string, select: HTMLSelectElement): HTMLElement {
  return element('span', { class: 'choice' }, element('label', { for: select.id }, label), select);
}

function figureParts() {
  const bar = new Map(PART_NAMES.map((name) => [name, element('i', { class: name })]));
  const figures = {
    speedUp: figure('Speed-up', 'speed-up wide'),
    run: figure('This run', '', element('span', { class: 'key' })),
    baseline: figure('Baseline', '', element('span', { class: 'key baseline' })),
    done: figure('Done', 'wide'),
  };
  figures.done.note.before(
    element('div', { class: 'outcomes', 'aria-hidden': 'true' }, ...bar.values()),
  );
  const sentence = element('dd', { class: 'sentence' });
  figures.speedUp.note.before(sentence);
  const fetchTimes = element('dd', { class: 'note' });
  figures.done.root.append(fetchTimes);
  const list = element(
    'dl',
    { class: 'figures' },
    ...Object.values(figures).map(({ root }) => root),
  );
  return { figures, fetchTimes, sentence, bar, list };
}

function figure(label: string, names: string, ...key: readonly Child[]) {
  const labelPart = element('span', {}, label);
  const value = document.createTextNode('');
  const unit = element('span', { class: 'unit' });
  const note = element('dd', { class: 'note' });
  const root = element(
    'div',
    { class: `figure ${names}` },
    element('dt', {}, ...key, labelPart),
    element('dd', { class: 'value' }, value, unit),
    note,
  );
  return { root, label: labelPart, value, unit, note };
}

function chartParts() {
  return {
    legend: element('ul', { class: 'legend' }),
    chartButtons: element('div', { class: 'segments', role: 'group', 'aria-label': 'Chart' }),
    extentButtons: element('div', { class: 'segments', role: 'group', 'aria-label': 'Extent' }),
    drawing: element('div', { class: 'drawing', role: 'group' }),
  };
}

function footParts() {
  const table = element('div', {
    class: 'scroll',
    tabindex: 0,
    role: 'group',
    'aria-label': 'The figures as a table',
  });
  const details = element('details', {}, element('summary', {}, 'The figures as a table'), table);
  const files = element('span', { class: 'files' });
  const pages = element(
    'nav',
    { class: 'pages', 'aria-label': 'More' },
    element('a', { href: 'runs' }, 'Runs'),
    ' · ',
    element('a', { href: 'workers' }, 'Workers'),
    ' · ',
    element('a', { href: 'results' }, 'Results'),
  );
  const access = element('span', { class: 'access' }, accessText());
  const watches = element('span', { class: 'watches' });
  const footer = element('footer', {}, details, watches, access, pages, files);
  return { table, details, files, watches, footer };
}

/** Whether the board can do anything; our own pages say it in their footer. */
function accessText(): string {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="comic-queue"]');
  if (meta === null) return '';
  return meta.content === 'writable'
    ? 'writable: its controls are on the pages of runs and workers'
    : 'read-only; --writable changes that';
}
