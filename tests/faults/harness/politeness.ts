/** Judges by the ledger whether the site was asked politely: at the rate, outside the pauses, so many at once. */

import type { LedgerRow } from '../../../origin/ledger.js';
import type { Evidence } from './evidence.js';
import { SLOTS } from './stage.js';

/** What a fault in its name asks for: `site 429?retry-after=1`. */
const REFUSAL = /^site (429|503)\?retry-after=([1-9]\d*)$/;

/** Until every worker knows of a refusal or a rate, requests may be on their way. */
const KNOWN_AFTER_MS = 400;

/** Trouble this long before or after something leaves nothing to be judged. */
const MARGIN_MS = 2500;

/** The rate of `rate of 20 a second`. */
const RATED = { name: 'rate of 20 a second', perSecond: 20 } as const;

/** A turn is taken up to a second ahead, and each slot may hold one for as long as its worker is frozen. */
const AHEAD_MS = 1000;

const WINDOW_MS = 1000;

/** On a machine with more to do than cores, workers send and the site takes up requests this late. */
const LATE_MS = 400;

/** Over any second of a rate there are no more requests than it lets through. */
export function rateFacts({ requests, disruptions }: Evidence): string[] {
  return disruptions
    .filter(({ name }) => name === RATED.name)
    .flatMap((rate) => {
      const since = rate.heldFromMs + AHEAD_MS + KNOWN_AFTER_MS;
      const isClean = isUndisturbed(disruptions, rate, since, rate.heldToMs);
      const most =
        RATED.perSecond +
        (isClean ? (RATED.perSecond * LATE_MS) / 1000 : 2 * SLOTS + RATED.perSecond);
      const within = requests.filter(({ atMs }) => atMs >= since && atMs <= rate.heldToMs);
      const peak = busiest(within, WINDOW_MS);
      return peak > most
        ? [`${peak} requests within a second at a rate of ${RATED.perSecond}/s`]
        : [];
    });
}

/** Nothing is asked for out of a queue that is paused. */
export function pausedQueueFacts({ requests, disruptions }: Evidence): string[] {
  return disruptions
    .filter(({ name }) => name === 'queue paused')
    .flatMap((pause) => {
      const since = pause.heldFromMs + AHEAD_MS;
      if (!isUndisturbed(disruptions, pause, since, pause.heldToMs)) return [];
      const asked = requests.filter(({ atMs }) => atMs > since && atMs < pause.heldToMs);
      return asked.length > 0 ? [`${asked.length} requests while the queue was paused`] : [];
    });
}

/** Nobody asks a site that has named a time before that has passed. */
export function pauseFacts({ requests, disruptions }: Evidence): string[] {
  return disruptions.flatMap((refusal) => {
    const [, status, seconds] = REFUSAL.exec(refusal.name) ?? [];
    if (status === undefined) return [];
    const refused = requests.find(
      ({ fault, atMs }) => fault === status && atMs >= refusal.fromMs && atMs <= refusal.toMs,
    );
    if (refused === undefined) return [];
    const answeredMs = refused.atMs + refused.durationMs;
    const untilMs = answeredMs + Number(seconds) * 1000;
    if (!isUndisturbed(disruptions, refusal, answeredMs, untilMs)) return [];
    const early = requests.filter(
      ({ atMs }) => atMs > answeredMs + KNOWN_AFTER_MS && atMs < untilMs,
    );
    return early.length > 0
      ? [`${early.length} requests within the ${seconds} s that a ${status} asked for`]
      : [];
  });
}

/** The site is asked by no more at once than the workers have slots, and those that were killed a moment ago had. */
export function concurrencyFacts({ requests, disruptions }: Evidence): string[] {
  const changes = requests
    .filter(({ durationMs }) => durationMs >= 0)
    .flatMap(({ atMs, durationMs }) => [
      { atMs, by: 1 },
      { atMs: atMs + durationMs, by: -1 },
    ])
    .toSorted((one, other) => one.atMs - other.atMs || one.by - other.by);
  const most = 2 * (SLOTS + 1);
  let active = 0;
  let worst = { active: 0, most };
  for (const { atMs, by } of changes) {
    active += by;
    const left = disruptions.filter(
      ({ name, toMs }) => mayLeaveRequests(name) && toMs > atMs - MARGIN_MS,
    );
    const allowed = most + left.length * SLOTS;
    if (active > allowed && active > worst.active) worst = { active, most: allowed };
  }
  return worst.active > 0 ? [`${worst.active} requests at once; ${worst.most} may be`] : [];
}

/** Whether requests may go on that their worker has given up: the site does not know. */
function mayLeaveRequests(name: string): boolean {
  return /^(worker-\d (killed|stopped)|site )/.test(name);
}

/** Whether nothing else happened in, or shortly before, a time. */
function isUndisturbed(
  disruptions: Evidence['disruptions'],
  one: Evidence['disruptions'][number],
  since: number,
  until: number,
): boolean {
  return disruptions.every(
    (other) => other === one || other.fromMs > until || other.toMs < since - MARGIN_MS,
  );
}

/** The most rows within a window of time. */
function busiest(rows: readonly LedgerRow[], windowMs: number): number {
  let first = 0;
  let most = 0;
  for (const [index, { atMs }] of rows.entries()) {
    while ((rows[first]?.atMs ?? atMs) < atMs - windowMs) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}
