/** Reading the chart: at a moment, by the pointer or the arrow keys, or as a table. */

import { activeAt, doneAt, type DrawnLine, type Plot } from '../../shared/report/chart.js';
import {
  formatCount,
  formatElapsed,
  formatSpeedUp,
  formatSpeedUpRange,
} from '../../shared/report/format.js';
import type { SweepStep } from '../api/panel-view.js';
import { element, runLink, write } from './element.js';

/** Steps of the arrow keys across the chart. */
const STEPS = 40;

const READABLE = 'Chart; the left and right arrow keys read it';

/** Moments in the table. */
const ROWS = 10;

export interface Crosshair {
  /** Reads the chart that is drawn now; undefined where there is nothing to read. */
  update(plot: Plot | undefined): void;
}

/** Adds a crosshair to the element that holds the drawing. */
export function addCrosshair(holder: HTMLElement): Crosshair {
  const rule = element('div', { class: 'rule', hidden: '' });
  const box = element('div', { class: 'readout', hidden: '', role: 'status' });
  holder.append(rule, box);
  let plot: Plot | undefined;
  let seconds: number | undefined;

  const show = (): void => {
    const hidden = plot === undefined || seconds === undefined;
    rule.hidden = hidden;
    box.hidden = hidden;
    if (plot === undefined || seconds === undefined) return;
    const [x] = plot.place(seconds, 0);
    rule.style.left = `${x}px`;
    rule.style.top = `${plot.frame.top}px`;
    rule.style.height = `${plot.frame.bottom - plot.frame.top}px`;
    const right = x > (plot.frame.left + plot.frame.right) / 2;
    box.style.left = right ? '' : `${x + 12}px`;
    box.style.right = right ? `${holder.clientWidth - x + 12}px` : '';
    write(box, readingOf(plot, seconds));
  };
  const move = (wanted: number | undefined): void => {
    const end = plot?.lastSeconds ?? 0;
    seconds = wanted === undefined ? undefined : Math.min(Math.max(wanted, 0), end);
    show();
  };

  holder.addEventListener('pointermove', (event) => {
    if (plot === undefined) return;
    const { left, right } = plot.frame;
    const x = event.clientX - holder.getBoundingClientRect().left;
    move(((x - left) / (right - left)) * plot.lastSeconds);
  });
  holder.addEventListener('pointerleave', () => move(undefined));
  holder.addEventListener('blur', () => move(undefined));
  holder.addEventListener('keydown', (event) => {
    const end = plot?.lastSeconds ?? 0;
    const wanted = momentByKey(event.key, seconds ?? 0, end);
    if (wanted === undefined) return;
    event.preventDefault();
    move(wanted);
  });

  return {
    update(drawn) {
      plot = drawn;
      holder.tabIndex = drawn === undefined ? -1 : 0;
      holder.setAttribute('aria-label', drawn === undefined ? 'Chart' : READABLE);
      show();
    },
  };
}

function momentByKey(key: string, seconds: number, end: number): number | undefined {
  if (key === 'ArrowRight') return seconds + end / STEPS;
  if (key === 'ArrowLeft') return seconds - end / STEPS;
  if (key === 'Home') return 0;
  if (key === 'End') return end;
  return undefined;
}

/** `after 0.25 s · run-7: 160, 50 at once · baseline run-6: 5, 1 at once`. */
function readingOf(plot: Plot, seconds: number): string {
  const parts = plot.lines.flatMap((line) => {
    const last = line.points.at(-1);
    if (last === undefined || line.name === 'ideal') return [];
    const done = `${line.label}: ${formatCount(doneAt(line.points, seconds) ?? last[1])}`;
    const active = activeAt(line.points, seconds);
    return [active === undefined ? done : `${done}, ${formatCount(active)} at once`];
  });
  return [`after ${formatElapsed(seconds)}`, ...parts.toReversed()].join('\n');
}

/** Jobs done by each line at moments spread over the chart. */
export function courseTable({ lines, lastSeconds }: Plot): HTMLTableElement {
  const header = element('tr', {}, heading('elapsed'), ...lines.map(({ label }) => heading(label)));
  const moments = Array.from({ length: ROWS }, (_, index) => (lastSeconds * (index + 1)) / ROWS);
  const rows = moments.map((seconds) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, formatElapsed(seconds)),
      ...lines.map((line) => element('td', {}, cell(line, seconds))),
    ),
  );
  return element(
    'table',
    {},
    element('caption', {}, 'Jobs that did their work, by elapsed time'),
    element('thead', {}, header),
    element('tbody', {}, ...rows),
  );
}

/** The steps of a sweep, with the newest run of each. */
export function sweepTable(steps: readonly SweepStep[]): HTMLTableElement {
  const heads = ['at a time', 'speed-up', 'range', 'run'];
  const rows = steps.map(({ concurrency, speedUp, range, run }) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, formatCount(concurrency)),
      element('td', {}, formatSpeedUp(speedUp)),
      element('td', {}, range === null ? '–' : formatSpeedUpRange(range)),
      element('td', {}, runLink(run)),
    ),
  );
  return element(
    'table',
    {},
    element('caption', {}, 'Speed-up by concurrency, as it was observed'),
    element('thead', {}, element('tr', {}, ...heads.map(heading))),
    element('tbody', {}, ...rows),
  );
}

function heading(label: string): HTMLTableCellElement {
  return element('th', { scope: 'col' }, label);
}

function cell({ points }: DrawnLine, seconds: number): string {
  const done = doneAt(points, seconds);
  if (done !== undefined) return formatCount(done);
  const last = points.at(-1);
  return last === undefined ? '–' : `${formatCount(last[1])} (over)`;
}
