/**
 * What is known of a kind's site, shared by all workers: its rate, and how long it asked to be left
 * alone. A pause stops both queues of the kind, for every worker, by BullMQ's own rate limiter.
 */

import { z } from 'zod';
import type { KindName } from '../kinds/kinds.js';
import type { RedisConnection } from '../redis/connection.js';
import { KEYS, runScript, script } from '../redis/keys.js';
import { queuesOf } from './queue.js';
import { LIMITER_PAUSED, queueKeys } from './queue-keys.js';

/** A sequence of refusals is over when none came for this long after its last pause. */
const SEQUENCE_OVER_MS = 600_000;

/** Longest pause that a doubling leads to, or that a site may ask for: one day. */
export const PAUSE_MAX_MS = 86_400_000;

export interface SiteState {
  /** Time between two requests over all workers, in milliseconds; undefined without a rate. */
  readonly intervalMs: number | undefined;
  /** Milliseconds until the site may be asked again; 0 when it may be now. */
  readonly pausedForMs: number;
  /** Why it is paused. */
  readonly pauseReason: string | undefined;
}

export interface Refusal {
  readonly reason: string;
  /** What the site asked for; undefined where it did not say. */
  readonly retryAfterMs: number | undefined;
  /** First pause where the site did not say; it doubles with each further refusal. */
  readonly firstPauseMs: number;
  /** Where the doubling ends. */
  readonly pauseMaxMs: number;
}

/** How a refusal was taken: how long all workers now wait, and since when the site has refused. */
export interface RefusalTaken {
  readonly pauseMs: number;
  readonly refusedForMs: number;
}

const REFUSE = script(`
local site, now = KEYS[1], redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
local state = redis.call('HMGET', site, 'pausedUntil', 'refusals', 'refusedSince')
local untilMs, refusals, since = tonumber(state[1] or 0), tonumber(state[2] or 0), tonumber(state[3] or now)
if now > untilMs + tonumber(ARGV[5]) then refusals = 0; since = now end
local asked = tonumber(ARGV[1])
local pause = asked
if asked < 0 then
  if now < untilMs then pause = untilMs - now
  else pause = math.min(tonumber(ARGV[2]) * 2 ^ math.min(refusals, 30), tonumber(ARGV[3])) end
end
if now >= untilMs then refusals = refusals + 1 end
pause = math.ceil(math.max(pause, untilMs - now))
redis.call('HSET', site, 'pausedUntil', string.format('%.0f', now + pause), 'refusals', refusals,
  'refusedSince', string.format('%.0f', since), 'pauseReason', ARGV[4])
for index = 2, #KEYS do
  redis.call('SET', KEYS[index], ARGV[6], 'PX', math.max(pause, 1))
end
return { string.format('%.0f', pause), string.format('%.0f', now - since) }
`);

/**
 * Takes note of a refusal and pauses both queues of the kind. Refusals that arrive while a pause is
 * in force belong to it: they may lengthen it, but do not double it.
 */
export async function pauseSite(
  connection: RedisConnection,
  kind: KindName,
  refusal: Refusal,
): Promise<RefusalTaken> {
  const asked = refusal.retryAfterMs;
  const reply = await runScript(
    connection,
    REFUSE,
    [KEYS.site(kind), ...limiterKeys(kind)],
    [
      asked === undefined ? -1 : Math.min(asked, PAUSE_MAX_MS),
      refusal.firstPauseMs,
      refusal.pauseMaxMs,
      refusal.reason,
      SEQUENCE_OVER_MS,
      LIMITER_PAUSED,
    ],
  );
  const [pauseMs, refusedForMs] = z.tuple([z.coerce.number(), z.coerce.number()]).parse(reply);
  return { pauseMs, refusedForMs };
}

/** The site has answered: its sequence of refusals is over. */
export async function forgetRefusals(connection: RedisConnection, kind: KindName): Promise<void> {
  await connection.hdel(KEYS.site(kind), 'refusals', 'refusedSince');
}

/** Lifts a pause before its time. */
export async function liftPause(connection: RedisConnection, kind: KindName): Promise<void> {
  await connection
    .multi()
    .hdel(KEYS.site(kind), 'pausedUntil', 'pauseReason', 'refusals', 'refusedSince')
    .del(...limiterKeys(kind))
    .exec();
}

/** Sets the rate that all workers obey, as the time between two requests; undefined for none. */
export async function setRate(
  connection: RedisConnection,
  kind: KindName,
  intervalMs: number | undefined,
): Promise<void> {
  await (intervalMs === undefined
    ? connection.hdel(KEYS.site(kind), 'intervalMs', 'nextAt')
    : connection.hset(KEYS.site(kind), { intervalMs }));
}

/** Reads what is known of a site. */
export async function readSiteState(
  connection: RedisConnection,
  kind: KindName,
): Promise<SiteState> {
  const limiter = limiterKeys(kind)[0];
  const [[intervalMs, pauseReason], value, ttlMs] = await Promise.all([
    connection.hmget(KEYS.site(kind), 'intervalMs', 'pauseReason'),
    connection.get(limiter),
    connection.pttl(limiter),
  ]);
  const paused = Number(value) === LIMITER_PAUSED && ttlMs > 0;
  return {
    intervalMs: intervalMs === null || intervalMs === undefined ? undefined : Number(intervalMs),
    pausedForMs: paused ? ttlMs : 0,
    pauseReason: paused ? (pauseReason ?? undefined) : undefined,
  };
}

const RESERVE = script(`
local site, now = KEYS[1], redis.call('TIME')
now = now[1] * 1000 + now[2] / 1000
local state = redis.call('HMGET', site, 'intervalMs', 'nextAt', 'pausedUntil')
if tonumber(state[3] or 0) > now then return '-1' end
local interval = tonumber(state[1] or 0)
if interval == 0 then return '0' end
local at = math.max(now, tonumber(state[2] or 0))
redis.call('HSET', site, 'nextAt', string.format('%.3f', at + interval))
return string.format('%.3f', at - now)
`);

/**
 * Reserves the next free moment under the site's rate, over all workers.
 *
 * @returns milliseconds to wait before the request; undefined when the site is paused.
 */
export async function reserveRequest(
  connection: RedisConnection,
  kind: KindName,
): Promise<number | undefined> {
  const waitMs = Number(await runScript(connection, RESERVE, [KEYS.site(kind)], []));
  return waitMs < 0 ? undefined : waitMs;
}

function limiterKeys(kind: KindName): [string, string] {
  const [queue, baseline] = queuesOf(kind);
  return [queueKeys(queue.name).limiter, queueKeys(baseline.name).limiter];
}
