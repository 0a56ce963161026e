/**
 * The circuit breaker of a kind's site, shared by all workers; its state lies in the site's record.
 *
 * - Closed: requests are sent. Attempts that fail as they do when a site is away are counted while
 *   no answer comes between them. When they are those of {@link OPENS_AFTER_JOBS} different jobs, it
 *   opens: a few inputs that the site cannot answer, among others that it can, never get so far.
 *   A job that has failed, and fails again after the site has answered others, is not counted: the
 *   fault is in its input.
 * - Open: both queues pause, for a second at first.
 * - Half-open: one job may ask (`takeTurn` calls it a probe), and the queues stay paused meanwhile.
 *   An answer closes the breaker. A failure doubles the pause, up to a minute.
 */

import { z } from 'zod';
import type { KindName } from '../kinds/kinds.js';
import type { RedisConnection } from '../redis/connection.js';
import { KEYS } from '../redis/keys.js';
import { runScript, script } from '../redis/script.js';
import { type Outage, SITE_PRELUDE, siteKeys } from './site-state.js';

/** Jobs whose attempts must fail, with no answer in between, before a site counts as away. */
export const OPENS_AFTER_JOBS = 5;

/** Failures further apart than this are not of one outage. */
const FAILURES_APART_MS = 3_600_000;

const FIRST_PAUSE_MS = 1000;
const PAUSE_MAX_MS = 60_000;

/** Jobs that failed are remembered, the newest of them, for as long as failures count. */
const FAILURES_KEPT = 1000;

const JOB_ID_LENGTH_MAX = 64;

/** An attempt that failed as attempts do when a site is away. */
export interface SiteFailure {
  readonly jobId: string;
  /** Reason code. */
  readonly reason: string;
  /** Whether the request was a probe. */
  readonly probe: boolean;
  /** The queues stay paused only while the site has been away for less than this. */
  readonly giveUpAfterMs: number;
  /** From 0 (inclusive) to 1: half of each pause is random. */
  readonly random: number;
}

/**
 * KEYS[4] the jobs that failed. ARGV: job; reason; 'probe' or ''; when to give up; random; jobs that
 * open it; how far apart failures may be; first pause; longest pause; failures kept. Requests that
 * were under way when it opened, or while a probe is, change nothing.
 */
const FAIL = script(`${SITE_PRELUDE}
local fields = redis.call('HMGET', site, 'failing', 'failingAt', 'pausedUntil', 'outageSince',
  'outageProbes', 'answeredAt')
local untilMs, since, probes = number(fields[3], 0), number(fields[4], 0), number(fields[5], 0)
local failedAt = number(redis.call('ZSCORE', KEYS[4], ARGV[1]), now)
redis.call('ZADD', KEYS[4], milliseconds(now), ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[4], 0, -1 - tonumber(ARGV[10]))
redis.call('PEXPIRE', KEYS[4], ARGV[7])
if since == 0 then
  if failedAt < number(fields[6], 0) then return false end
  local failing = fields[1] or ''
  if now - number(fields[2], 0) > tonumber(ARGV[7]) then failing = '' end
  if not string.find(failing .. ' ', ' ' .. ARGV[1] .. ' ', 1, true) then
    failing = failing .. ' ' .. ARGV[1]
  end
  local _, jobs = string.gsub(failing, '%S+', '')
  if jobs < tonumber(ARGV[6]) then
    redis.call('HSET', site, 'failing', failing, 'failingAt', milliseconds(now))
    return false
  end
  since, probes = now, 0
elseif ARGV[3] == '' then
  return { milliseconds(now - since), milliseconds(math.max(untilMs - now, 0)) }
else
  probes = probes + 1
end
local full = math.min(tonumber(ARGV[8]) * 2 ^ math.min(probes, 30), tonumber(ARGV[9]))
local pause = full / 2 + full / 2 * tonumber(ARGV[5])
-- A site that had asked to be left alone still is.
pause = math.max(pause, probes == 0 and untilMs - now or 0)
redis.call('HDEL', site, 'failing', 'failingAt')
redis.call('HSET', site, 'outageSince', milliseconds(since), 'outageReason', ARGV[2],
  'outageProbes', probes, 'pauseReason', ARGV[2], 'pausedUntil', milliseconds(now + pause))
if now - since < tonumber(ARGV[4]) then pauseQueues(pause)
else redis.call('DEL', KEYS[2], KEYS[3]) end
return { milliseconds(now - since), milliseconds(pause) }
`);

const FailReply = z.tuple([z.coerce.number(), z.coerce.number()]).nullable();

/** Records a failed attempt. Returns the outage that it belongs to; undefined while there is none. */
export async function recordFailure(
  connection: RedisConnection,
  kind: KindName,
  { jobId, reason, probe, giveUpAfterMs, random }: SiteFailure,
): Promise<Outage | undefined> {
  const job = jobId.replaceAll(/\s/g, '_').slice(0, JOB_ID_LENGTH_MAX);
  const reply = await runScript(
    connection,
    FAIL,
    [...siteKeys(kind), KEYS.siteFailures(kind)],
    [
      job,
      reason,
      probe ? 'probe' : '',
      giveUpAfterMs,
      random,
      OPENS_AFTER_JOBS,
      FAILURES_APART_MS,
      FIRST_PAUSE_MS,
      PAUSE_MAX_MS,
      FAILURES_KEPT,
    ],
  );
  const parsed = FailReply.parse(reply);
  if (parsed === null) return undefined;
  const [awayForMs, nextProbeInMs] = parsed;
  return { reason, awayForMs, nextProbeInMs };
}

const ANSWER = script(`${SITE_PRELUDE}
local since = redis.call('HGET', site, 'outageSince')
redis.call('HDEL', site, 'failing', 'failingAt')
redis.call('HSET', site, 'answeredAt', milliseconds(now))
if not since then return 0 end
redis.call('HDEL', site, 'pausedUntil', 'pauseReason', unpack(OUTAGE))
redis.call('DEL', KEYS[2], KEYS[3])
return 1
`);

/** Records that the site answered: the breaker closes. Returns whether it was open. */
export async function recordAnswer(connection: RedisConnection, kind: KindName): Promise<boolean> {
  return (await runScript(connection, ANSWER, siteKeys(kind), [])) === 1;
}

const RELEASE = script(`${SITE_PRELUDE}
if redis.call('HEXISTS', site, 'outageSince') == 0 then return end
redis.call('HSET', site, 'pausedUntil', milliseconds(now))
redis.call('DEL', KEYS[2], KEYS[3])
`);

/** Gives a probe back that was not sent, or not waited for: another job may take it at once. */
export async function releaseProbe(connection: RedisConnection, kind: KindName): Promise<void> {
  await runScript(connection, RELEASE, siteKeys(kind), []);
}
