/** Redis time on this machine: one clock for workers whose own clocks disagree. */

import type { RedisConnection } from './connection.js';
import { askOwner } from './script.js';

/** How often the offset is measured again. Quartz clocks drift by less than 1 ms in this time. */
export const CLOCK_SYNC_EVERY_MS = 30_000;

export interface RedisClock {
  /** Redis time, in whole milliseconds since 1970. */
  now(): number;
  /** How far this machine's wall clock is ahead of Redis, in milliseconds, at the last measurement. */
  skewMs(): number;
  /** Measures the offset again. */
  sync(): Promise<void>;
}

/**
 * Measures the offset to Redis's TIME, taking the fastest of three exchanges and half its round
 * trip. Between measurements it follows the monotonic clock, so that a step of the wall clock
 * moves nothing.
 */
export async function openRedisClock(connection: RedisConnection): Promise<RedisClock> {
  let offsetMs = 0;
  let skewMs = 0;
  const sync = async (): Promise<void> => {
    let fastest = Number.POSITIVE_INFINITY;
    for (let exchange = 0; exchange < 3; exchange += 1) {
      const sentAt = performance.now();
      const redisMs = await redisTime(connection);
      const roundTrip = performance.now() - sentAt;
      if (roundTrip >= fastest) continue;
      fastest = roundTrip;
      offsetMs = redisMs - (sentAt + roundTrip / 2);
      skewMs = Math.round(Date.now() - performance.now() - offsetMs);
    }
  };
  await sync();
  return { now: () => Math.floor(performance.now() + offsetMs), skewMs: () => skewMs, sync };
}

/** The time of the node that holds our keys, in milliseconds since 1970. */
export async function redisTime(connection: RedisConnection): Promise<number> {
  const time = await askOwner(connection, 'TIME');
  const [seconds, microseconds] = Array.isArray(time) ? time.map(Number) : [];
  return (seconds ?? Number.NaN) * 1000 + (microseconds ?? Number.NaN) / 1000;
}
