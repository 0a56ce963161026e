/** The page of results: listed, searched, handed out as downloads and never shown as pages. */

import { proposed } from '../../shared/base/proposed-command.js';
import { type KindName, kindOf } from '../../shared/kinds/kinds.js';
import { formatBytes, formatCount } from '../../shared/report/format.js';
import { wordsOfSelection } from '../../shared/runs/run.js';
import type { ResultPageView, ResultView } from '../results.js';
import { html, type Markup } from './page.js';
import { type Head, table, timeOf } from './run-parts.js';

export interface ResultsView {
  readonly kind: KindName;
  /** Kinds that keep results. */
  readonly kinds: readonly KindName[];
  readonly words: string;
  readonly page: ResultPageView;
}

export function resultsContent(view: ResultsView): Markup {
  const { page, words, kind } = view;
  const { plural } = kindOf(kind);
  return html`<nav class="tabs" aria-label="Kinds">${view.kinds.map((one) => tab(one, kind))}</nav>
    <form action="results" role="search">
      <input type="hidden" name="kind" value="${plural}" />
      <input
        type="search"
        name="q"
        value="${words}"
        maxlength="200"
        placeholder="Words to look for"
        aria-label="Words to look for"
      />
      <button>Search</button>
    </form>
    ${summary(view)} ${page.results.length === 0 ? undefined : resultTable(page.results)}
    ${page.next === undefined ? undefined : html`<p class="more"><a href="${nextAddress(view, page.next)}">Next page</a></p>`}`;
}

function tab(kind: KindName, current: KindName): Markup {
  const { plural } = kindOf(kind);
  const mark = kind === current ? html`aria-current="page"` : undefined;
  return html`<a href="results?kind=${plural}" ${mark}>${plural}</a>`;
}

function summary({ kind, words, page }: ResultsView): Markup | undefined {
  const { plural } = kindOf(kind);
  if (words === '') {
    if (page.results.length > 0) return undefined;
    return html`<p class="notice">
      No ${plural} are kept here yet. To get some:
      <code
        >${proposed('enqueue', plural, ...wordsOfSelection(kindOf(kind).examples[0] ?? ''))}</code
      >
    </p>`;
  }
  const found = page.results.length;
  const more = page.next === undefined ? undefined : html` The search goes on with the next page.`;
  return html`<p class="quiet">
    ${formatCount(found)} found among ${formatCount(page.scanned)} results.${more}
  </p>`;
}

function resultTable(results: readonly ResultView[]): Markup {
  const described = results.some(({ title }) => title !== '');
  const about: Head[] = described ? [['number', 'number'], 'title', 'alt text', 'date'] : ['term'];
  const rows = results.map((result) => resultRow(result, described));
  return html`<section class="card">
    ${table([...about, ['size', 'number'], 'kept', 'file'], rows)}
  </section>`;
}

function resultRow(result: ResultView, described: boolean): Markup {
  const name =
    result.link === undefined
      ? html`${result.name}`
      : html`<a href="${result.link}" rel="noopener noreferrer external">${result.name}</a>`;
  const about = described
    ? html`<td data-label="number" class="number">${name}</td>
        <td data-label="title" class="title">${result.title}</td>
        <td data-label="alt text" class="alt">${result.alt}</td>
        <td data-label="date" class="whole">${result.date}</td>`
    : html`<td data-label="term" class="breakable">${name}</td>`;
  const file = `results/${result.folder}/${encodeURIComponent(result.file)}`;
  return html`<tr>
    ${about}
    <td data-label="size" class="number">${formatBytes(result.bytes)}</td>
    <td data-label="kept" class="whole">${timeOf(result.storedAtMs)}</td>
    <td data-label="file"><a href="${file}" download>Download</a></td>
  </tr>`;
}

function nextAddress({ kind, words }: ResultsView, after: string): string {
  const query = new URLSearchParams({ kind: kindOf(kind).plural, after });
  if (words !== '') query.set('q', words);
  return `results?${query.toString()}`;
}
