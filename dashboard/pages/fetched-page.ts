/** The page of what was fetched: outcomes, reasons, slowest fetches. */

import { isFailure, isReason, type Outcome, OUTCOMES, REASONS } from '../../shared/base/outcome.js';
import { runName } from '../../shared/queues/job.js';
import { formatBytes, formatCount, formatMilliseconds } from '../../shared/report/format.js';
import type { ResultRecord } from '../../shared/store/result-store.js';
import type { RunChoice } from '../api/panel-view.js';
import type { Counted, FetchDigest, KindSummary, RunSummary } from '../results/digest.js';
import { html, type Markup } from './page.js';

export interface FetchedView {
  /** The run that is shown; undefined for all of them. */
  readonly run: number | undefined;
  readonly summary: RunSummary;
  readonly choices: readonly RunChoice[];
  /** Undefined where the board was started without a directory of results. */
  readonly digest: FetchDigest | undefined;
  /** Whether the journals have been read to their ends. */
  readonly isWhole: boolean;
}

export function fetchedContent(view: FetchedView): Markup {
  const { summary, digest } = view;
  if (summary.ended === 0) {
    return html`${runForm(view)}
      <p class="notice">
        Nothing has been fetched yet. To begin: <code>npx comic-queue enqueue comics 1-200</code>
      </p>`;
  }
  return html`${runForm(view)} ${figures(view)}
    <div class="cards">
      ${summary.kinds.map((kind) => outcomesCard(kind))}
      ${countsCard('HTTP status codes', summary.statuses, { ended: summary.ended })}
      ${countsCard('Retried because of', summary.retries, { ended: summary.ended, reasons: true })}
      ${countsCard('Failed because of', failuresOf(summary), { ended: summary.ended, reasons: true })}
      ${digest === undefined ? undefined : slowestCard(digest.slowest, view.isWhole)}
    </div>`;
}

function runForm({ choices, run }: FetchedView): Markup {
  const options = choices.map(
    (choice) =>
      html`<option value="${choice.run}" ${choice.run === run ? html`selected` : undefined}>
        ${choice.title}
      </option>`,
  );
  return html`<form action="/fetched">
    <select name="run" aria-label="Run">
      <option value="">all runs</option>
      ${options}
    </select>
    <button>Show</button>
  </form>`;
}

function figures({ summary, digest }: FetchedView): Markup {
  const known: (readonly [string, string])[] = [
    ['jobs ended', formatCount(summary.ended)],
    ['runs', formatCount(summary.runs)],
    ['stored', formatBytes(summary.bytes)],
    ['retries', formatCount(summary.retries.reduce((sum, { count }) => sum + count, 0))],
    ...(digest === undefined
      ? []
      : ([['answers in the journal', formatCount(digest.fetches)]] as const)),
  ];
  return html`<dl class="figures">
    ${known.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

function outcomesCard({ kind, ended, outcomes }: KindSummary): Markup {
  const rows = OUTCOMES.flatMap((outcome) => {
    const count = outcomes[outcome] ?? 0;
    return count === 0 ? [] : [row(outcome, count, ended, toneOf(outcome))];
  });
  return html`<section class="card">
    <h2>Outcomes: ${kind}</h2>
    ${countTable('outcome', rows)}
  </section>`;
}

interface CountsTerms {
  readonly ended: number;
  /** Whether the names are reason codes, whose meanings are shown too. */
  readonly reasons?: boolean;
}

function countsCard(title: string, counts: readonly Counted[], terms: CountsTerms): Markup {
  const rows = counts.map(({ name, count }) => {
    const meaning = terms.reasons === true && isReason(name) ? REASONS[name].meaning : '';
    const label =
      meaning === '' ? html`${name}` : html`${name}<br /><span class="quiet">${meaning}</span>`;
    return row(label, count, terms.ended, terms.reasons === true ? 'failed' : '');
  });
  const content = rows.length === 0 ? html`<p class="quiet">none</p>` : countTable('', rows);
  return html`<section class="card">
    <h2>${title}</h2>
    ${content}
  </section>`;
}

function countTable(name: string, rows: readonly Markup[]): Markup {
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>${name}</th>
          <th class="number">jobs</th>
          <th><span class="quiet">share</span></th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

function row(label: string | Markup, count: number, all: number, tone: string): Markup {
  const percent = Math.min(100, all === 0 ? 0 : (count / all) * 100).toFixed(1);
  return html`<tr>
    <td class="breakable">${label}</td>
    <td class="number">${formatCount(count)}</td>
    <td class="share"><i class="${tone}" style="width:${percent}%"></i></td>
  </tr>`;
}

function toneOf(outcome: Outcome): string {
  if (isFailure(outcome)) return 'failed';
  return outcome === 'kept' ? 'kept' : '';
}

function failuresOf({ reasons }: RunSummary): Counted[] {
  return reasons.filter(({ name }) => isReason(name) && isFailure(REASONS[name].outcome));
}

function slowestCard(slowest: readonly ResultRecord[], isWhole: boolean): Markup {
  const rows = slowest.map(
    (record) =>
      html`<tr>
        <td class="number">${formatMilliseconds(record.durationMs)}</td>
        <td class="breakable">${record.key}</td>
        <td>${record.outcome}</td>
        <td class="number">${record.status}</td>
        <td class="number">${record.attempt}</td>
        <td>${record.run}</td>
        <td class="breakable">${record.worker}</td>
        <td>${record.fetchedAt.slice(0, 19).replace('T', ' ')}</td>
      </tr>`,
  );
  const reading = isWhole
    ? undefined
    : html`<p class="quiet">The journals are still being read; reload for more.</p>`;
  return html`<section class="card wide">
    <h2>Slowest fetches</h2>
    ${reading}
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th class="number">took</th>
            <th>result</th>
            <th>outcome</th>
            <th class="number">status</th>
            <th class="number">attempt</th>
            <th>run</th>
            <th>worker</th>
            <th>fetched at (UTC)</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  </section>`;
}

/** What the page is called. */
export function fetchedTitle(run: number | undefined): string {
  return run === undefined ? 'What was fetched' : `What ${runName(run)} fetched`;
}
