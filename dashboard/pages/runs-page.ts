/** The page of runs: a table that can be sorted, filtered and sent as its address. */

import { countFailed } from '../../shared/base/outcome.js';
import { proposed } from '../../shared/base/proposed-command.js';
import { siteHost } from '../../shared/base/safe-text.js';
import { kindOf } from '../../shared/kinds/kinds.js';
import { QUEUES } from '../../shared/queues/queue.js';
import { formatCount, formatPerSecond, formatSpeedUp } from '../../shared/report/format.js';
import { shownFigures } from '../../shared/report/passes.js';
import {
  RUN_FILTERS,
  type RunPage,
  type RunQuery,
  RUNS_A_PAGE,
  type RunSort,
  type ShownRun,
} from '../live/run-list.js';
import { html, type Markup } from './page.js';
import { outcomeBar, queueLink, runLink, smallCurve, stateOf, table, timeOf } from './run-parts.js';

const FILTER_WORDS = {
  live: 'live',
  ended: 'ended',
  failures: 'with failures',
  cancelled: 'cancelled',
  abandoned: 'abandoned',
} as const;

/** The columns that can be sorted, and which way they are at the first click. */
const COLUMNS: readonly (readonly [sort: RunSort, label: string, descending: boolean])[] = [
  ['run', 'run', true],
  ['selection', 'selection', false],
  ['queue', 'queue', false],
  ['site', 'site', false],
  ['jobs', 'jobs', true],
  ['failed', 'outcomes', true],
  ['rate', 'jobs/s', true],
  ['speedup', 'speed-up', true],
];

const NUMBERS: ReadonlySet<RunSort> = new Set(['jobs', 'rate', 'speedup']);

export function runsContent(query: RunQuery, page: RunPage): Markup {
  if (page.all === 0) {
    return html`<p class="notice">
      There is no run yet. To see one job at a time against fifty:
      <code>${proposed('compare', 'comics', '1-200', '-c', '50')}</code>
    </p>`;
  }
  return html`${filterForm(query)}
    <div id="runs" data-part>
      ${page.runs.length === 0 ? noneFits(page) : runTable(query, page)}
    </div>`;
}

function noneFits({ all }: RunPage): Markup {
  return html`<p class="notice">
    None of the ${formatCount(all)} runs fits. <a href="runs">Show all of them</a>
  </p>`;
}

function filterForm({ words, queue, filter, sort, descending }: RunQuery): Markup {
  const queues = QUEUES.map(({ name }) => option(name, name, queue));
  const filters = RUN_FILTERS.map((name) => option(name, FILTER_WORDS[name], filter));
  return html`<form action="runs" role="search" data-submits>
    <input
      type="search"
      name="q"
      value="${words}"
      maxlength="200"
      placeholder="Number, name, selection, site"
      aria-label="Number, name, selection, site"
    />
    <select name="queue" aria-label="Queue">
      <option value="">every queue</option>
      ${queues}
    </select>
    <select name="state" aria-label="State">
      <option value="">every state</option>
      ${filters}
    </select>
    <input type="hidden" name="sort" value="${sort}" />
    <input type="hidden" name="order" value="${descending ? 'down' : 'up'}" />
    <button>Show</button>
  </form>`;
}

function option(value: string, label: string, chosen: string | undefined): Markup {
  return html`<option value="${value}" ${value === chosen ? html`selected` : undefined}>
    ${label}
  </option>`;
}

function runTable(query: RunQuery, page: RunPage): Markup {
  const heads = COLUMNS.map(([sort, label, descending]) => head(query, sort, label, descending));
  return html`<p class="quiet">${countText(page)}</p>
    <section class="card flush">${table([...heads, 'course'], page.runs.map(row))}</section>
    ${pageLinks(query, page)}`;
}

function countText({ page, found, all, runs }: RunPage): string {
  const first = (page - 1) * RUNS_A_PAGE + 1;
  const of = found === all ? '' : ` that ${found === 1 ? 'fits' : 'fit'}, of ${formatCount(all)}`;
  return runs.length === found
    ? `${formatCount(found)} ${found === 1 ? 'run' : 'runs'}${of}`
    : `${formatCount(first)} to ${formatCount(first + runs.length - 1)} of ${formatCount(found)} runs${of}`;
}

function head(query: RunQuery, sort: RunSort, label: string, descending: boolean): Markup {
  const isSorted = query.sort === sort;
  const next = isSorted ? !query.descending : descending;
  const direction = query.descending ? 'descending' : 'ascending';
  const mark = query.descending ? '↓' : '↑';
  return html`<th
    scope="col"
    ${NUMBERS.has(sort) ? html`class="number"` : undefined}
    ${isSorted ? html`aria-sort="${direction}"` : undefined}
  >
    <a href="${addressOf({ ...query, sort, descending: next, page: 1 })}"
      >${label}${isSorted ? html` <span aria-hidden="true">${mark}</span>` : undefined}</a
    >
  </th>`;
}

function row(shown: ShownRun): Markup {
  const { run, report } = shown;
  const failed = countFailed(report.outcomes) - shown.recovered;
  const { throughputPerSecond: rate, passes } = shownFigures(report);
  const speedUp = report.comparison?.speedUp ?? null;
  const { plural } = kindOf(run.kind);
  const site = siteHost(report.site);
  return html`<tr>
    <td data-label="run" class="lead">
      ${runLink(run.number)} ${stateOf(shown)}<br /><span class="quiet"
        >${timeOf(report.createdAtMs)}</span
      >
    </td>
    <td data-label="selection" class="selection" title="${report.selection}">
      <span
        >${report.title === '' ? undefined : html`<b>${report.title}</b> `}${plural}
        ${report.selection}</span
      >
    </td>
    <td data-label="queue">${queueLink(run.queue.name)}</td>
    <td data-label="site" class="${site === '' ? 'minor' : ''}">
      ${site === '' ? undefined : html`<a href="runs?q=${encodeURIComponent(site)}">${site}</a>`}
    </td>
    <td data-label="jobs" class="number">
      ${formatCount(report.ended)} of ${formatCount(report.queued)}
    </td>
    <td data-label="outcomes">
      ${outcomeBar({ ...report, recovered: shown.recovered })}
      ${failed === 0 ? undefined : html`<span class="bad">${formatCount(failed)} failed</span>`}
    </td>
    <td data-label="jobs/s" class="number">${rate === null ? '–' : formatPerSecond(rate)}</td>
    <td data-label="speed-up" class="number">
      ${speedUpText(report.baseline, speedUp)}
      ${passes > 1 ? html`<br /><span class="quiet">median of ${passes}</span>` : undefined}
    </td>
    <td data-label="course">${smallCurve(report)}</td>
  </tr>`;
}

function speedUpText(isBaseline: boolean, speedUp: number | null): Markup | string {
  if (isBaseline) return html`<span class="quiet">baseline</span>`;
  return speedUp === null ? '–' : html`<b>${formatSpeedUp(speedUp)}</b>`;
}

function pageLinks(query: RunQuery, { found, page: current }: RunPage): Markup | undefined {
  const pages = Math.ceil(found / RUNS_A_PAGE);
  if (pages < 2) return undefined;
  const link = (page: number, label: string): Markup | undefined =>
    page < 1 || page > pages
      ? undefined
      : html`<a href="${addressOf({ ...query, page })}">${label}</a>`;
  return html`<nav class="more" aria-label="Pages of the list">
    ${link(current - 1, 'Previous page')} ${link(current + 1, 'Next page')}
  </nav>`;
}

/** The address of a list, without what it would be anyway. */
function addressOf({ words, queue, filter, sort, descending, page }: RunQuery): string {
  const query = new URLSearchParams();
  if (words !== '') query.set('q', words);
  if (queue !== undefined) query.set('queue', queue);
  if (filter !== undefined) query.set('state', filter);
  if (sort !== 'run' || !descending) {
    query.set('sort', sort);
    query.set('order', descending ? 'down' : 'up');
  }
  if (page > 1) query.set('page', String(page));
  const text = query.toString();
  return text === '' ? 'runs' : `runs?${text}`;
}
