/** Reading the chart at a moment: by the pointer, or by the arrow keys. */

import { formatCount } from '../../shared/report/format.js';
import { shortSeconds } from './chart.js';
import { element, write } from './element.js';
import { activeAt, doneAt, type TimeChart } from './time-chart.js';

/** Steps of the arrow keys across the chart. */
const STEPS = 40;

export interface Crosshair {
  /** Reads the chart anew after it was drawn. */
  update(chart: TimeChart | undefined): void;
}

/** Adds a crosshair to the element that holds the drawing. */
export function addCrosshair(holder: HTMLElement): Crosshair {
  const rule = element('div', { class: 'rule', hidden: '' });
  const box = element('div', { class: 'readout', hidden: '', role: 'status' });
  holder.append(rule, box);
  let chart: TimeChart | undefined;
  let seconds: number | undefined;

  const show = (): void => {
    const hidden = chart === undefined || seconds === undefined;
    rule.hidden = hidden;
    box.hidden = hidden;
    if (chart === undefined || seconds === undefined) return;
    const [x] = chart.place(seconds, 0);
    rule.style.left = `${x}px`;
    rule.style.top = `${chart.plot.top}px`;
    rule.style.height = `${chart.plot.bottom - chart.plot.top}px`;
    const right = x > (chart.plot.left + chart.plot.right) / 2;
    box.style.left = right ? '' : `${x + 12}px`;
    box.style.right = right ? `${chart.paper.width - x + 12}px` : '';
    write(box, readingOf(chart, seconds));
  };
  const move = (wanted: number | undefined): void => {
    const end = chart?.lastSeconds ?? 0;
    seconds = wanted === undefined ? undefined : Math.min(Math.max(wanted, 0), end);
    show();
  };

  holder.addEventListener('pointermove', (event) => {
    if (chart === undefined) return;
    const { left, right } = chart.plot;
    const x = event.clientX - holder.getBoundingClientRect().left;
    move(((x - left) / (right - left)) * chart.lastSeconds);
  });
  holder.addEventListener('pointerleave', () => move(undefined));
  holder.addEventListener('blur', () => move(undefined));
  holder.addEventListener('keydown', (event) => {
    const end = chart?.lastSeconds ?? 0;
    const wanted = momentByKey(event.key, seconds ?? 0, end);
    if (wanted === undefined) return;
    event.preventDefault();
    move(wanted);
  });

  return {
    update(drawn) {
      chart = drawn;
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
function readingOf(chart: TimeChart, seconds: number): string {
  const parts = chart.lines.flatMap((line) => {
    const last = line.points.at(-1);
    if (last === undefined || line.name === 'ideal') return [];
    const done = `${line.label}: ${formatCount(doneAt(line, seconds) ?? last[1])}`;
    const active = activeAt(line, seconds);
    return [active === undefined ? done : `${done}, ${formatCount(active)} at once`];
  });
  return [`after ${shortSeconds(seconds)} s`, ...parts.toReversed()].join('\n');
}
