/**
 * What all workers share of a kind's site: its rate, how long it is left alone, and whether it is
 * away (`circuit-breaker.ts`). A pause stops both queues of the kind, for every worker, by BullMQ's
 * own rate limiter. Fields that cannot be read count as not set, so that no hand-made record stops
 * the jobs.
 */

import { z } from 'zod';
import type { KindName } from '../kinds/kinds.js';
import type { RedisConnection } from '../redis/connection.js';
import { KEYS } from '../redis/keys.js';
import { runScript, script } from '../redis/script.js';
import { queuesOf } from './queue.js';
import { LIMITER_PAUSED, queueKeys } from './queue-keys.js';

/** A sequence of refusals is over when none came for this long after its last pause. */
const SEQUENCE_OVER_MS = 600_000;

/** Longest pause that a doubling leads to, or that a site may ask for: one day. */
export const PAUSE_MAX_MS = 86_400_000;

/**
 * Turns are taken ahead of their time only where they are this close together: what holds one may
 * be cancelled or stopped, and a lost turn must not delay the others for long.
 */
const AHEAD_MAX_MS = 1000;

export interface SiteState {
  /** Time between two requests over all workers, in milliseconds; undefined without a rate. */
  readonly intervalMs: number | undefined;
  /** Milliseconds until the site may be asked again; 0 when it may be now. */
  readonly pausedForMs: number;
  /** Why it is paused. */
  readonly pauseReason: string | undefined;
  /** Set while the site is away. */
  readonly outage: Outage | undefined;
  /** Whether the newest attempts failed as they do when a site is away, but not enough of them. */
  readonly failing: boolean;
}

/** A site that does not answer: it is asked by one probe at a time, ever less often. */
export interface Outage {
  /** How the newest attempt failed: a reason code. */
  readonly reason: string;
  /** For how long the site has been away, in milliseconds. */
  readonly awayForMs: number;
  /** Milliseconds until the next probe; 0 when it is due. */
  readonly nextProbeInMs: number;
}

/** Keys of a site for its scripts: its record, and the limiters of both queues. */
export function siteKeys(kind: KindName): [string, string, string] {
  const [queue, baseline] = queuesOf(kind);
  return [KEYS.site(kind), queueKeys(queue.name).limiter, queueKeys(baseline.name).limiter];
}

/** Fields that a site has while it is away. */
const OUTAGE_FIELDS = ['outageSince', 'outageReason', 'outageProbes'];

/** What every script about a site begins with: KEYS as {@link siteKeys}. */
export const SITE_PRELUDE = `
local site, time = KEYS[1], redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local function number(text, otherwise)
  local value = tonumber(text)
  if value == nil or value ~= value or value < 0 or value > 1e15 then return otherwise end
  return value
end
local function milliseconds(value) return string.format('%.3f', value) end
local function pauseQueues(forMs)
  redis.call('HSET', site, 'pausedAt', milliseconds(now), 'pausedForMs', milliseconds(forMs))
  for index = 2, 3 do
    redis.call('SET', KEYS[index], '${LIMITER_PAUSED}', 'PX', math.max(math.ceil(forMs), 1))
  end
end
local OUTAGE = { ${OUTAGE_FIELDS.map((field) => `'${field}'`).join(', ')} }
`;

const READ = script(`${SITE_PRELUDE}
local fields = redis.call('HMGET', site, 'intervalMs', 'pauseReason', 'pausedUntil', 'failing',
  'outageSince', 'outageReason')
local interval, since = number(fields[1], 0), number(fields[5], 0)
local paused = 0
if redis.call('GET', KEYS[2]) == '${LIMITER_PAUSED}' then
  paused = math.max(redis.call('PTTL', KEYS[2]), 0)
end
local outage = false
if since > 0 then
  local probeIn = math.max(number(fields[3], 0) - now, 0)
  outage = { fields[6] or '', milliseconds(math.max(now - since, 0)), milliseconds(probeIn) }
end
return { milliseconds(interval), milliseconds(paused), fields[2] or '', fields[4] or '', outage }
`);

const ReadReply = z.tuple([
  z.coerce.number(),
  z.coerce.number(),
  z.string(),
  z.string(),
  z.tuple([z.string(), z.coerce.number(), z.coerce.number()]).nullable(),
]);

/** Reads what is known of a site. */
export async function readSiteState(
  connection: RedisConnection,
  kind: KindName,
): Promise<SiteState> {
  const reply = await runScript(connection, READ, siteKeys(kind), []);
  const [intervalMs, pausedForMs, pauseReason, failing, outage] = ReadReply.parse(reply);
  return {
    intervalMs: intervalMs === 0 ? undefined : intervalMs,
    pausedForMs,
    pauseReason: pausedForMs === 0 || pauseReason === '' ? undefined : pauseReason,
    outage:
      outage === null
        ? undefined
        : { reason: outage[0], awayForMs: outage[1], nextProbeInMs: outage[2] },
    failing: failing !== '',
  };
}

/** Sets the rate that all workers obey, as the time between two requests; undefined for none. */
export async function setRate(
  connection: RedisConnection,
  kind: KindName,
  intervalMs: number | undefined,
): Promise<void> {
  const site = KEYS.site(kind);
  const change = connection.multi().hdel(site, 'intervalMs', 'nextAt');
  if (intervalMs !== undefined) change.hset(site, { intervalMs });
  await change.exec();
}

/** A site's wish to be left alone. */
export interface Refusal {
  readonly reason: string;
  /** What the site asked for; undefined where it did not say. */
  readonly retryAfterMs: number | undefined;
  /** First pause where the site did not say; it doubles with each further refusal. */
  readonly firstPauseMs: number;
  /** Where the doubling ends. */
  readonly pauseMaxMs: number;
}

/** What a refusal led to: how long all workers now wait, and for how long the site has refused. */
export interface RefusalTaken {
  readonly pauseMs: number;
  readonly refusedForMs: number;
}

/** ARGV: what the site asked for or -1; first pause; where doubling ends; reason; end of a sequence. */
const REFUSE = script(`${SITE_PRELUDE}
local fields = redis.call('HMGET', site, 'pausedUntil', 'refusals', 'refusedSince')
local untilMs, refusals, since = number(fields[1], 0), number(fields[2], 0), number(fields[3], now)
if now > untilMs + tonumber(ARGV[5]) then refusals = 0; since = now end
local asked = tonumber(ARGV[1])
local pause = asked
if asked < 0 then
  if now < untilMs then pause = untilMs - now
  else pause = math.min(tonumber(ARGV[2]) * 2 ^ math.min(refusals, 30), tonumber(ARGV[3])) end
end
if now >= untilMs then refusals = refusals + 1 end
pause = math.ceil(math.max(pause, untilMs - now))
-- A site that refuses is not away.
redis.call('HDEL', site, 'failing', 'failingAt', unpack(OUTAGE))
redis.call('HSET', site, 'pausedUntil', milliseconds(now + pause), 'refusals', refusals,
  'refusedSince', milliseconds(since), 'pauseReason', ARGV[4])
pauseQueues(pause)
return { milliseconds(pause), milliseconds(now - since) }
`);

/**
 * Records a refusal and pauses both queues of the kind. Refusals that arrive during a pause belong
 * to it: they may lengthen it, but do not double it.
 */
export async function pauseSite(
  connection: RedisConnection,
  kind: KindName,
  { reason, retryAfterMs, firstPauseMs, pauseMaxMs }: Refusal,
): Promise<RefusalTaken> {
  const askedMs = retryAfterMs === undefined ? -1 : Math.min(retryAfterMs, PAUSE_MAX_MS);
  const args = [askedMs, firstPauseMs, pauseMaxMs, reason, SEQUENCE_OVER_MS];
  const reply = await runScript(connection, REFUSE, siteKeys(kind), args);
  const [pauseMs, refusedForMs] = z.tuple([z.coerce.number(), z.coerce.number()]).parse(reply);
  return { pauseMs, refusedForMs: Math.floor(refusedForMs) };
}

/** The site has answered: its sequence of refusals is over. */
export async function forgetRefusals(connection: RedisConnection, kind: KindName): Promise<void> {
  await connection.hdel(KEYS.site(kind), 'refusals', 'refusedSince');
}

/** Lifts a pause before its time, and takes a site that is away for one that answers. */
export async function liftPause(connection: RedisConnection, kind: KindName): Promise<void> {
  const [site, ...limiters] = siteKeys(kind);
  await connection
    .multi()
    .hdel(site, 'pausedUntil', 'pausedAt', 'pausedForMs', 'pauseReason')
    .hdel(site, 'refusals', 'refusedSince')
    .hdel(site, 'failing', 'failingAt', ...OUTAGE_FIELDS)
    .del(...limiters)
    .exec();
}

/** Redis keeps the end of a pause as a time of its clock, as we do. */
const FOLLOW_CLOCK = script(`${SITE_PRELUDE}
local fields = redis.call('HMGET', site, 'pausedAt', 'pausedForMs')
if now >= number(fields[1], 0) then return 0 end
if redis.call('EXISTS', KEYS[2], KEYS[3]) == 0 then return 0 end
local forMs = number(fields[2], 0)
redis.call('HSET', site, 'pausedUntil', milliseconds(now + forMs))
pauseQueues(forMs)
return 1
`);

/**
 * Begins a pause again that, by Redis's clock, begins in the future: the clock was set back, and the
 * pause would last longer by that much. Returns whether there was one.
 */
export async function followClock(connection: RedisConnection, kind: KindName): Promise<boolean> {
  return (await runScript(connection, FOLLOW_CLOCK, siteKeys(kind), [])) === 1;
}

/** What a request that wants to be sent is told. */
export type Turn =
  /** Send it after `waitMs`. A `probe` is the only request to a site that is away. */
  | { readonly type: 'turn'; readonly waitMs: number; readonly probe: boolean }
  /** There is no turn yet: ask again after `waitMs`. */
  | { readonly type: 'later'; readonly waitMs: number }
  | { readonly type: 'paused' }
  /** The site has been away for too long to wait for it. */
  | { readonly type: 'given-up'; readonly reason: string; readonly awayForMs: number };

export interface TurnOptions {
  /** A job is not kept waiting for a site that has been away for this long. */
  readonly giveUpAfterMs: number;
  /** How long a probe may take: another is sent when nothing was heard of it. */
  readonly probeMs: number;
}

/**
 * ARGV: when to give up; time for a probe; how far turns are taken ahead. A next turn further off
 * than it can have been set means that the clock went back, or that the rate rose.
 */
const TURN = script(`${SITE_PRELUDE}
local fields = redis.call('HMGET', site, 'intervalMs', 'nextAt', 'pausedUntil', 'outageSince',
  'outageReason')
local interval, at, untilMs = number(fields[1], 0), number(fields[2], 0), number(fields[3], 0)
local since = number(fields[4], 0)
local givenUp = since > 0 and now - since >= tonumber(ARGV[1])
if untilMs > now then
  if givenUp then return { 'given-up', milliseconds(now - since), fields[5] or '' } end
  return { 'paused', '0', '' }
end
local ahead = interval < tonumber(ARGV[3]) and tonumber(ARGV[3]) or 0
if at > now + ahead + interval then at = now end
at = math.max(now, at)
if at - now > ahead then return { 'later', milliseconds(at - now - ahead), '' } end
if interval > 0 then redis.call('HSET', site, 'nextAt', milliseconds(at + interval)) end
if since == 0 then return { 'turn', milliseconds(at - now), '' } end
local lease = at - now + tonumber(ARGV[2])
redis.call('HSET', site, 'pausedUntil', milliseconds(now + lease))
if not givenUp then pauseQueues(lease) end
return { 'turn', milliseconds(at - now), 'probe' }
`);

const TurnReply = z.tuple([
  z.enum(['turn', 'later', 'paused', 'given-up']),
  z.coerce.number(),
  z.string(),
]);

/** Takes the next free turn under the site's rate, over all workers, or says why there is none. */
export async function takeTurn(
  connection: RedisConnection,
  kind: KindName,
  { giveUpAfterMs, probeMs }: TurnOptions,
): Promise<Turn> {
  const args = [giveUpAfterMs, probeMs, AHEAD_MAX_MS];
  const [type, ms, text] = TurnReply.parse(await runScript(connection, TURN, siteKeys(kind), args));
  switch (type) {
    case 'turn':
      return { type, waitMs: ms, probe: text === 'probe' };
    case 'later':
      return { type, waitMs: ms };
    case 'paused':
      return { type };
    case 'given-up':
      return { type, reason: text, awayForMs: ms };
  }
}
