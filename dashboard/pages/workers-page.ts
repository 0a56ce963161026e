/** The page of workers, how fast each is, and of the queues they work. */

import { proposed } from '../../shared/base/proposed-command.js';
import { safeText } from '../../shared/base/safe-text.js';
import { kindOf } from '../../shared/kinds/kinds.js';
import { proposedWorker } from '../../shared/kinds/site.js';
import { type ListedWorker, ofAllQueues } from '../../shared/queues/heartbeat.js';
import { queueNamed } from '../../shared/queues/queue.js';
import { WATCHES_QUEUE } from '../../shared/queues/watches.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { KEYS } from '../../shared/redis/keys.js';
import {
  formatCount,
  formatInterval,
  formatPace,
  formatRoughDuration,
  formatShortRate,
} from '../../shared/report/format.js';
import { pauseStandstill } from '../../shared/report/standstill.js';
import { readTally } from '../../shared/runs/tally.js';
import type { QueueActivity } from '../api/panel-view.js';
import { html, type Markup } from './page.js';
import { chip, controlButton, type Head, queueLink, runLink, table } from './run-parts.js';

/** A worker sends a heartbeat every three seconds: after two that did not come it may be gone. */
const SILENT_MS = 7000;

/** Two looks are at least this far apart: trackers count in steps of up to a second. */
const APART_MS = 3000;

/** A rate is over at most this long. */
const WINDOW_MS = 10_000;

/** Runs that are looked at: with more, rates are those of the newest. */
const RUNS_MAX = 50;

export interface WorkersView {
  readonly workers: readonly ListedWorker[];
  /** Jobs a second by worker; undefined until they are known. */
  readonly rates: ReadonlyMap<string, number> | undefined;
  readonly queues: readonly QueueActivity[];
  /** Sentences about workers that do not share their results. */
  readonly storeSplits: readonly string[];
  /** What is watched, a sentence each. */
  readonly watches: readonly string[];
  /** Redis time. */
  readonly nowMs: number;
  readonly writable: boolean;
}

export function workersContent(view: WorkersView): Markup {
  const { workers, storeSplits } = view;
  return html`<div id="workers" data-part>
      ${storeSplits.map((text) => html`<p class="notice">${text}</p>`)}
      ${workers.length === 0 ? noWorker(view) : workerTable(view)}
    </div>
    <h2>Queues</h2>
    <div id="queues" data-part>${queueTable(view)}</div>
    <div id="watches" data-part>${watchList(view)}</div>`;
}

/** The watches, with a link to the jobs that look. */
function watchList({ watches }: WorkersView): Markup | undefined {
  if (watches.length === 0) return undefined;
  return html`<h2>Watches</h2>
    ${watches.map((text) => html`<p>${text}. <a href="queue/${WATCHES_QUEUE}">Its looks</a></p>`)}`;
}

/** With the site of a run that waits, where there is one. */
function noWorker({ queues }: WorkersView): Markup {
  const waiting = queues.find(({ run }) => run?.live === true);
  const kind = queueNamed(waiting?.queue.name ?? '')?.kind;
  const site = waiting?.run?.report.site ?? '';
  const command = kind === undefined ? proposed('work') : proposedWorker(kind, site);
  return html`<p class="notice">No worker is connected. To start one: <code>${command}</code></p>`;
}

function workerTable(view: WorkersView): Markup {
  const rows = view.workers.map((worker) => workerRow(worker, view));
  return html`<section class="card flush">${table(WORKER_HEADS, rows)}</section>`;
}

const WORKER_HEADS: readonly Head[] = [
  'worker',
  'host',
  'version',
  'queues',
  'busy',
  ['jobs/s', 'number'],
  ['last heartbeat', 'whole'],
  'results',
];

function workerRow(worker: ListedWorker, { rates, nowMs }: WorkersView): Markup {
  const { id, host, pid, version, queues, active, trouble, startedAtMs, out } = worker;
  const busy = ofAllQueues(active);
  const slots = ofAllQueues(queues);
  const rate = rates?.get(id);
  return html`<tr>
    <td data-label="worker" class="lead breakable">
      <b>${id}</b> ${stateOf(worker, nowMs)}
      ${trouble === null ? undefined : html`<br /><span class="bad">${safeText(trouble)}</span>`}
    </td>
    <td data-label="host" class="breakable">
      ${host}<br /><span class="quiet whole">process ${pid}</span>
    </td>
    <td data-label="version">${version}</td>
    <td data-label="queues">
      ${Object.entries(queues).map(
        ([name, atATime]) =>
          html`<span class="slot">${queueLink(name)} ${formatCount(atATime)}</span> `,
      )}
    </td>
    <td data-label="busy">
      <span class="meter"><i style="width:${slots === 0 ? 0 : (busy / slots) * 100}%"></i></span>
      <span class="whole">${formatCount(busy)} of ${formatCount(slots)}</span>
    </td>
    <td data-label="jobs/s" class="number">
      ${rates === undefined ? '–' : formatShortRate(rate ?? 0)}
    </td>
    <td data-label="last heartbeat" class="whole">
      ${agoText(nowMs - worker.heardAtMs)}<br /><span class="quiet"
        >up ${formatRoughDuration(nowMs - startedAtMs)}</span
      >
    </td>
    <td data-label="results" class="breakable">${out}</td>
  </tr>`;
}

function stateOf({ trouble, active, heardAtMs }: ListedWorker, nowMs: number): Markup {
  if (trouble !== null) return chip('in trouble', 'bad');
  if (nowMs - heardAtMs > SILENT_MS) return chip('silent', 'warning');
  return ofAllQueues(active) > 0 ? chip('busy', 'live') : chip('idle', 'quiet');
}

/** Heartbeats come every three seconds: up to that they are new. */
function agoText(ms: number): string {
  return `${Math.max(0, Math.round(ms / 1000))} s ago`;
}

function queueTable({ queues, writable }: WorkersView): Markup {
  const controls: Head = [html`<span class="spoken">controls</span>`, ''];
  const heads = writable ? [...QUEUE_HEADS, controls] : QUEUE_HEADS;
  const rows = queues.map((queue) => queueRow(queue, writable));
  return html`<section class="card flush">${table(heads, rows)}</section>`;
}

const QUEUE_HEADS: readonly Head[] = [
  'queue',
  ['waiting', 'number'],
  ['active', 'number'],
  ['tried again later', 'number'],
  'workers',
  'rate',
  'run',
];

function queueRow(activity: QueueActivity, writable: boolean): Markup {
  const { queue, run, workers, atATime, perSecond } = activity;
  const speed = perSecond === undefined ? undefined : html` ${formatShortRate(perSecond)}`;
  return html`<tr>
    <td data-label="queue" class="lead">
      ${queueLink(queue.name)} ${queueState({ queue, perSecond })}
      ${
        queue.pause === undefined || queue.pause.by === 'person'
          ? undefined
          : html`<br /><span class="quiet">${pauseStandstill(queue, queue.pause).text}</span>`
      }
    </td>
    <td data-label="waiting" class="number">${formatCount(queue.waiting)}</td>
    <td data-label="active" class="number">${formatCount(queue.active)}</td>
    <td data-label="tried again later" class="number">${formatCount(queue.delayed)}</td>
    <td data-label="workers">
      ${workers === 0 ? 'none' : `${formatCount(workers)}, ${formatCount(atATime)} at a time`}
    </td>
    <td data-label="rate">
      ${queue.intervalMs === undefined ? '–' : formatPace(queue.intervalMs)}
    </td>
    <td data-label="run">
      ${run === undefined ? '' : html`${runLink(run.report.run)}${run.live ? speed : undefined}`}
    </td>
    ${writable ? html`<td data-label="controls">${queueControls(queue)}</td>` : undefined}
  </tr>`;
}

function queueControls({ name, pause, intervalMs }: QueueActivity['queue']): Markup[] {
  const kind = queueNamed(name)?.kind;
  const change =
    pause === undefined
      ? controlButton({
          label: 'Pause',
          question: `Pause ${name}? Workers finish what they have and take no more.`,
          body: { action: 'pause', queue: name },
        })
      : controlButton({
          label: 'Resume',
          question: `Resume ${name}? Any pause of it ends, also one that its site asked for.`,
          body: { action: 'resume', queue: name },
        });
  if (kind === undefined || kindOf(kind).site === undefined) return [change];
  const { plural } = kindOf(kind);
  const rate = controlButton({
    label: 'Rate',
    question: `How often may the site of ${plural} be asked, over all workers? 10/s, 600/m, 100/h, or off`,
    body: { action: 'rate', kind: plural },
    field: { name: 'rate', value: intervalMs === undefined ? 'off' : formatInterval(intervalMs) },
  });
  return [change, rate];
}

function queueState({ queue, perSecond }: Pick<QueueActivity, 'queue' | 'perSecond'>): Markup {
  if (queue.pause !== undefined) {
    return chip(queue.pause.by === 'outage' ? 'site away' : 'paused', 'warning');
  }
  if (queue.starvedForMs > 0) return chip('stands still', 'bad');
  if (perSecond !== undefined && perSecond > 0) return chip('moving', 'live');
  return queue.waiting + queue.active + queue.delayed > 0
    ? chip('waiting', 'warning')
    : chip('empty', 'quiet');
}

/** What had ended at a moment, by run and by worker. */
export interface WorkerCounts {
  /** By a steady clock, in milliseconds. */
  readonly atMs: number;
  readonly ended: ReadonlyMap<number, Readonly<Record<string, number>>>;
}

/** How fast each worker is: jobs that ended on it a second, by two looks at the tallies of runs in the last ten seconds. */
export class WorkerRates {
  readonly #connection: RedisConnection;
  #looks: readonly WorkerCounts[] = [];

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  /** Jobs a second by worker; undefined at the first looks, when there is nothing to compare with. */
  async read(): Promise<ReadonlyMap<string, number> | undefined> {
    const live = await this.#connection.smembers(KEYS.liveRuns);
    // A run that has just ended counted on until then.
    const before = this.#looks.flatMap(({ ended }) => [...ended.keys()]);
    const runs = [...new Set([...live.map(Number), ...before])].toSorted((a, b) => b - a);
    const counted = runs
      .slice(0, RUNS_MAX)
      .map(async (run) => [run, (await readTally(this.#connection, run)).workers] as const);
    const now = { atMs: performance.now(), ended: new Map(await Promise.all(counted)) };
    this.#looks = [...this.#looks.filter(({ atMs }) => now.atMs - atMs <= WINDOW_MS), now];
    const first = this.#looks.find(({ atMs }) => now.atMs - atMs >= APART_MS);
    return first === undefined ? undefined : ratesBetween(first, now);
  }
}

/** Jobs a second by worker between two looks. */
export function ratesBetween(before: WorkerCounts, now: WorkerCounts): ReadonlyMap<string, number> {
  const seconds = (now.atMs - before.atMs) / 1000;
  const rates = new Map<string, number>();
  for (const [run, workers] of now.ended) {
    for (const [worker, count] of Object.entries(workers)) {
      const more = count - (before.ended.get(run)?.[worker] ?? 0);
      rates.set(worker, (rates.get(worker) ?? 0) + more / seconds);
    }
  }
  return rates;
}
