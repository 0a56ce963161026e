/** The page of a run: its panel, its report, its endings, who worked, what it belongs to. */

import {
  countFailed,
  isFailure,
  isReason,
  type Outcome,
  OUTCOMES,
  REASONS,
} from '../../shared/base/outcome.js';
import { proposed } from '../../shared/base/proposed-command.js';
import { siteHost } from '../../shared/base/safe-text.js';
import { kindOf } from '../../shared/kinds/kinds.js';
import { jobId, runName } from '../../shared/queues/job.js';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatEstimatedSpeedUp,
  formatMilliseconds,
  formatPasses,
  formatRate,
  formatShare,
  formatSpeedUp,
} from '../../shared/report/format.js';
import { shownFigures } from '../../shared/report/passes.js';
import type { Report } from '../../shared/report/report.js';
import type { FailedJob } from '../../shared/runs/failed-jobs.js';
import type { Relations, RunDetails, ShownRun } from '../live/run-list.js';
import type { FetchDigest } from '../results.js';
import { html, type Markup } from './page.js';
import {
  controlButton,
  type Head,
  outcomeBar,
  percent,
  queueLink,
  runLink,
  stateOf,
  table,
  timeOf,
} from './run-parts.js';

export interface RunPageView {
  readonly details: ShownRun;
  readonly relations: Relations;
  /** Jobs that ended, by worker. */
  readonly workers: Readonly<Record<string, number>>;
  /** The first of the jobs that failed for good. */
  readonly failed: readonly FailedJob[];
  /** Undefined where the board was started without a place of results. */
  readonly digest: FetchDigest | undefined;
  readonly writable: boolean;
}

export function runContent(view: RunPageView): Markup {
  const { details, relations } = view;
  const { report } = details;
  const name = runName(report.run);
  return html`<p class="facts" id="facts" data-part>
      ${stateOf(details)} ${queueLink(report.queue)}
      ${report.site === '' ? undefined : html`<span>${siteHost(report.site)}</span>`}
      ${report.title === '' ? undefined : html`<b>${report.title}</b>`}
      <span>${report.selection}</span> ${timeOf(report.createdAtMs)} ${controls(view)}
    </p>
    <div id="panel-place"></div>
    <noscript
      ><img src="api/runs/${name}/chart.svg" alt="Jobs done against elapsed seconds"
    /></noscript>
    <div id="mended" data-part>${mendedText(report, relations)}</div>
    <div class="cards" id="run" data-part>
      ${reportCard(details, relations)}
      <div class="columns">
        ${outcomesCard(report, details.recovered)}
        ${countsCard('HTTP status codes', 'status', report.statuses, (status, count) =>
          countRow(status, count, report.ended, ''),
        )}
        ${countsCard('Retried because of', 'reason', report.retries, (reason, count) =>
          reasonRow(reason, count, report.ended),
        )}
        ${workersCard(view)}
      </div>
      ${failedCard(view)} ${slowestCard(view)}
    </div>
    <p class="more">
      Files of ${name}: <a href="api/runs/${name}/chart.svg" download="${name}.svg">SVG</a>
      <a href="api/runs/${name}/chart.png" download="${name}.png">PNG</a>
      <a href="api/runs/${name}/report.md" download="${name}.md">Markdown</a>
      <a href="api/runs/${name}" download="${name}.json">JSON</a>
      <a href="queue/runs/${name}">its log</a>
    </p>`;
}

function controls({ details, writable }: RunPageView): Markup | undefined {
  const { report, live } = details;
  const name = runName(report.run);
  if (!writable) return undefined;
  if (live && report.state !== 'cancelled') {
    const left = report.queued - report.ended;
    return controlButton({
      label: 'Cancel',
      question: `Cancel ${name}? ${jobsText(left)} will not be done; those under way still end.`,
      body: { action: 'cancel', run: report.run },
    });
  }
  const failed = countFailed(report.outcomes);
  if (live || failed === 0) return undefined;
  return controlButton({
    label: 'Retry what failed',
    question: `Make a new run of the ${failed === 1 ? 'job' : jobsText(failed)} that failed in ${name}?`,
    body: { action: 'retry', run: report.run },
  });
}

function jobsText(count: number): string {
  return `${formatCount(count)} ${count === 1 ? 'job' : 'jobs'}`;
}

function mendedText({ outcomes }: Report, { mended, retries }: Relations): Markup | undefined {
  const failed = countFailed(outcomes);
  if (failed === 0 || retries.length === 0) return undefined;
  if (mended === undefined) {
    const going = retries.map(({ run }) => runLink(run.number));
    return html`<p class="notice">${formatCount(failed)} failed; ${going} tries them again.</p>`;
  }
  if (mended.left === failed) {
    const again = failed === 1 ? 'it, and it failed again' : 'them, and all failed again';
    return html`<p class="notice">
      ${formatCount(failed)} failed; ${runLink(mended.by)} tried ${again}.
    </p>`;
  }
  const rest =
    mended.left === 0
      ? html`${failed === 1 ? '' : 'all of them '}done by ${runLink(mended.by)}`
      : html`${formatCount(failed - mended.left)} of them done by ${runLink(mended.by)},
        ${formatCount(mended.left)} left`;
  return html`<p class="notice ${mended.left === 0 ? 'good' : ''}">
    ${formatCount(failed)} failed, ${rest}.
  </p>`;
}

type Row = readonly [name: string, value: Markup | string];

function reportCard(details: RunDetails, relations: Relations): Markup {
  const rows = [
    ...countRows(details),
    ...speedRows(details.report),
    ...relatedRows(details, relations),
  ].filter(([, value]) => value !== '');
  return card(
    'Report',
    html`<dl class="rows">
      ${rows.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>`,
  );
}

function countRows({ report, run }: RunDetails): Row[] {
  const { added, duplicates, asked, ended, queued, startedAtMs } = report;
  return [
    ['ended', `${formatCount(ended)} of ${formatCount(queued)}`],
    ['queued', added === queued ? '' : `${formatCount(added)} of ${formatCount(queued)}`],
    [
      'asked for',
      duplicates === 0 ? '' : `${formatCount(asked)}, ${formatCount(duplicates)} duplicates`,
    ],
    ['stored', report.site === '' ? '' : formatBytes(report.bytes)],
    ['first start', startedAtMs === null ? '' : timeOf(startedAtMs, 'seconds')],
    ['end', run.endedAtMs === 0 ? '' : timeOf(run.endedAtMs, 'seconds')],
    ['wall time', textOf(shownFigures(report).wallMs, formatDuration)],
  ];
}

function speedRows(report: Report): Row[] {
  const { fetch, comparison } = report;
  const shown = shownFigures(report);
  const times = [fetch.p50Ms, fetch.p95Ms, fetch.p99Ms, fetch.longestMs].map(formatMilliseconds);
  return [
    ['throughput', textOf(shown.throughputPerSecond, formatRate)],
    ['at a time', shown.concurrency === 0 ? '' : formatCount(shown.concurrency)],
    ['ideal', textOf(shown.idealMs, formatDuration)],
    ['efficiency', textOf(shown.efficiency, formatShare)],
    [
      report.site === '' ? 'each took' : 'fetch times',
      fetch.count === 0
        ? ''
        : `median ${times[0]}, p95 ${times[1]}, p99 ${times[2]}, longest ${times[3]}`,
    ],
    ['speed-up', textOf(comparison?.speedUp ?? null, formatSpeedUp)],
    ['estimate', textOf(comparison?.estimate ?? null, formatEstimatedSpeedUp)],
    ['passes', comparison === null ? '' : formatPasses(shown, comparison.range)],
    [
      'baseline',
      comparison === null ? '' : html`${runLink(comparison.baselineRun)}, ${comparison.label}`,
    ],
    ['disturbed', report.disturbed ?? ''],
  ];
}

function relatedRows({ run }: RunDetails, { retries, group }: Relations): Row[] {
  return [
    ['tries again', run.retryOf === 0 ? '' : html`what failed in ${runLink(run.retryOf)}`],
    ['tried again by', retries.length === 0 ? '' : html`${linksTo(retries)}`],
    ['compared with', group.length === 0 ? '' : html`${linksTo(group)}`],
  ];
}

function linksTo(runs: Relations['group']): Markup[] {
  return runs.map(({ run }) => html`${runLink(run.number)} `);
}

function textOf(value: number | null, format: (value: number) => string): string {
  return value === null ? '' : format(value);
}

function outcomesCard(report: Report, recovered: number): Markup {
  const rows = OUTCOMES.flatMap((outcome) => {
    const count = report.outcomes[outcome] ?? 0;
    return count === 0
      ? []
      : [countRow(outcome, count, report.ended, isFailed(outcome) ? 'failed' : outcome)];
  });
  const failures = failureReasons(report).map(([name, count]) =>
    reasonRow(name, count, report.ended),
  );
  return card(
    'Outcomes',
    html`${outcomeBar({ ...report, recovered })}
    ${rows.length === 0 ? undefined : countTable('outcome', rows)}
    ${failures.length === 0 ? undefined : countTable('failed because of', failures)}`,
  );
}

/** What was given up with its run has not failed. */
function isFailed(outcome: Outcome): boolean {
  return isFailure(outcome) && outcome !== 'cancelled';
}

function failureReasons({ reasons }: Report): (readonly [string, number])[] {
  return Object.entries(reasons).filter(
    ([name]) => isReason(name) && isFailed(REASONS[name].outcome),
  );
}

/** A table of what was counted, a row each; nothing where nothing was. */
function countsCard(
  title: string,
  column: string,
  counts: Readonly<Record<string, number>>,
  rowOf: (name: string, count: number) => Markup,
): Markup | undefined {
  const rows = Object.entries(counts).map(([name, count]) => rowOf(name, count));
  return rows.length === 0 ? undefined : card(title, countTable(column, rows));
}

function reasonRow(name: string, count: number, all: number): Markup {
  const meaning = isReason(name) ? REASONS[name].meaning : '';
  return countRow(html`${name}<br /><span class="quiet">${meaning}</span>`, count, all, 'failed');
}

function workersCard({ workers, details }: RunPageView): Markup | undefined {
  const entries = Object.entries(workers).toSorted(([, a], [, b]) => b - a);
  if (entries.length === 0) return undefined;
  const rows = entries.map(([name, count]) => countRow(name, count, details.report.ended, ''));
  return card('Who worked', countTable('worker', rows));
}

function countTable(name: string, rows: readonly Markup[]): Markup {
  const share = html`<span class="spoken">share</span>`;
  return table([name, ['jobs', 'number'], [share, '']], rows, '');
}

function countRow(label: string | Markup, count: number, all: number, tone: string): Markup {
  return html`<tr>
    <td class="breakable">${label}</td>
    <td class="number">${formatCount(count)}</td>
    <td class="share"><i class="${tone}" style="width:${percent(count, all)}%"></i></td>
  </tr>`;
}

function failedCard({ failed, details }: RunPageView): Markup | undefined {
  if (failed.length === 0) return undefined;
  const { run, report } = details;
  const all = countFailed(report.outcomes);
  const rows = failed.map(
    ({ position, reason, input, detail }) =>
      html`<tr>
        <td data-label="job">${failedJob(report, jobId({ run: run.number, position }))}</td>
        <td data-label="input" class="breakable">
          ${input === undefined ? '' : kindOf(run.kind).format(input)}
        </td>
        <td data-label="reason">${reason}</td>
        <td data-label="what happened" class="breakable">${detail}</td>
      </tr>`,
  );
  const more =
    all > failed.length
      ? html`, the first ${formatCount(failed.length)} of ${formatCount(all)}`
      : undefined;
  return wideCard(
    html`Failed${more}`,
    table(['job', 'input', 'reason', 'what happened'], rows),
    html`<p class="quiet">
      All of them, as <code>--input</code> takes them:
      <code>${proposed('failed', runName(run.number))}</code>
    </p>`,
  );
}

/** A failed job as a link, unless a later run has taken it off the queue's list. */
function failedJob({ queue, retriedBy }: Report, id: string): Markup {
  return retriedBy === null ? html`<a href="queue/${queue}/${id}">${id}</a>` : html`${id}`;
}

function slowestCard({ digest }: RunPageView): Markup | undefined {
  if (digest === undefined || (digest.slowest.length === 0 && digest.note === '')) return undefined;
  const rows = digest.slowest.map(
    (record) =>
      html`<tr>
        <td data-label="took" class="number">${formatMilliseconds(record.durationMs)}</td>
        <td data-label="result" class="breakable">${resultLink(record.key)}</td>
        <td data-label="outcome" class="minor">${record.outcome}</td>
        <td data-label="status" class="number">${record.status}</td>
        <td data-label="attempt" class="minor number">${record.attempt}</td>
        <td data-label="worker" class="minor breakable">${record.worker}</td>
        <td data-label="fetched">${record.fetchedAt.slice(0, 19).replace('T', ' ')} UTC</td>
      </tr>`,
  );
  return wideCard(
    html`Slowest fetches`,
    rows.length === 0 ? undefined : table(FETCH_HEADS, rows),
    digest.note === '' ? undefined : html`<p class="quiet">${digest.note}</p>`,
  );
}

const FETCH_HEADS: readonly Head[] = [
  ['took', 'number'],
  'result',
  'outcome',
  ['status', 'number'],
  ['attempt', 'number'],
  'worker',
  'fetched',
];

/** `comics/614.json`, as a link to the file. */
function resultLink(key: string): Markup {
  const [folder = '', file = ''] = key.split('/');
  return html`<a href="results/${encodeURIComponent(folder)}/${encodeURIComponent(file)}" download
    >${key}</a
  >`;
}

function card(title: string, content: Markup): Markup {
  return html`<section class="card">
    <h2>${title}</h2>
    ${content}
  </section>`;
}

function wideCard(title: Markup, ...content: readonly (Markup | undefined)[]): Markup {
  return html`<section class="card wide">
    <h2>${title}</h2>
    ${content}
  </section>`;
}
