/** Parts of our own pages: how a run is shown, its outcomes as a bar, its course as a small curve; tables, links. */

import { runName } from '../../shared/queues/job.js';
import { formatCount } from '../../shared/report/format.js';
import {
  outcomeParts,
  type Outcomes,
  partsText,
  stateOfRun,
} from '../../shared/report/outcome-bar.js';
import type { Report } from '../../shared/report/report.js';
import type { ShownRun } from '../live/run-list.js';
import { html, Markup } from './page.js';

const CURVE = { width: 96, height: 26, margin: 2 } as const;

/** `run-7`, as a link to its page. */
export function runLink(run: number): Markup {
  return html`<a href="runs/${runName(run)}">${runName(run)}</a>`;
}

/** A queue, as a link to its jobs. */
export function queueLink(name: string): Markup {
  return html`<a href="queue/${name}">${name}</a>`;
}

/** `2026-11-26 17:46 UTC`: a moment with its zone, the same for all who look. */
export function timeOf(ms: number, to: 'minutes' | 'seconds' = 'minutes'): Markup {
  const iso = new Date(ms).toISOString();
  const time = iso.slice(11, to === 'minutes' ? 16 : 19);
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${time} UTC</time>`;
}

/** The state of a run, as a chip. */
export function stateOf({ report, recovered, ...run }: ShownRun): Markup {
  const { tone, text } = stateOfRun({ ...run, report: { ...report, recovered } });
  return chip(text, tone);
}

/** A short text with a coloured mark. */
export function chip(text: string, tone: 'live' | 'good' | 'bad' | 'warning' | 'quiet'): Markup {
  return html`<span class="chip ${tone}">${text}</span>`;
}

/** A button that the board's script asks about and then sends (`browser/controls.ts`). */
export interface Control {
  readonly label: string;
  /** What is asked before. */
  readonly question: string;
  /** What is sent. */
  readonly body: object;
  /** What has to be typed, with what is there now. */
  readonly field?: { readonly name: string; readonly value: string };
}

export function controlButton({ label, question, body, field }: Control): Markup {
  const typed =
    field === undefined ? undefined : html`data-field="${field.name}" data-value="${field.value}"`;
  return html`<button
    type="button"
    class="control"
    data-control="${JSON.stringify(body)}"
    data-question="${question}"
    ${typed}
  >
    ${label}
  </button>`;
}

/** What stands at the head of a column, with its class where it has one; or the whole cell. */
export type Head = string | readonly [label: string | Markup, names: string] | Markup;

/** A table; `stack` puts the cells of a row below each other where the screen is narrow. */
export function table(
  heads: readonly Head[],
  rows: readonly Markup[],
  names: 'stack' | '' = 'stack',
): Markup {
  return html`<table class="${names}">
    <thead>
      <tr>
        ${heads.map(headCell)}
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}

function headCell(head: Head): Markup {
  if (head instanceof Markup) return head;
  const [label, names] = typeof head === 'string' ? [head, ''] : head;
  return html`<th scope="col" class="${names}">${label}</th>`;
}

/** How the jobs of a run ended, as shares of one bar; what is left of it is still to be done. */
export function outcomeBar(outcomes: Outcomes): Markup {
  const parts = outcomeParts(outcomes);
  const label = `${partsText(parts)}, of ${formatCount(outcomes.queued)}`;
  return html`<span class="outcomes" role="img" aria-label="${label}" title="${label}"
    >${parts.map(
      ({ name, share }) => html`<i class="${name}" style="width:${(share * 100).toFixed(1)}%"></i>`,
    )}</span
  >`;
}

/** A share for a style, with a tenth of a percent. */
export function percent(count: number, all: number): string {
  return Math.min(100, all === 0 ? 0 : (count / all) * 100).toFixed(1);
}

/** Jobs done against time, without axes: whether a run went evenly. Nothing before there is a course. */
export function smallCurve({ course }: Pick<Report, 'course'>): Markup | undefined {
  const [seconds, done] = course.at(-1) ?? [0, 0];
  if (course.length < 2 || seconds <= 0 || done <= 0) return undefined;
  const { width, height, margin } = CURVE;
  const points = course.map(([at, count]) => {
    const x = margin + (at / seconds) * (width - 2 * margin);
    const y = height - margin - (count / done) * (height - 2 * margin);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  return html`<svg
    class="curve"
    viewBox="0 0 ${width} ${height}"
    width="${width}"
    height="${height}"
    aria-hidden="true"
  >
    <polyline points="${points.join(' ')}" />
  </svg>`;
}
