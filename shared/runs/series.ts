/** The series of a run: jobs done and jobs active against elapsed time, in at most 513 points. */

import { z } from 'zod';
import type { RedisConnection } from '../redis/connection.js';
import { KEYS } from '../redis/keys.js';

/** Field of a run's tally: when the first of its jobs was started, in Redis time. */
export const BEGUN_FIELD = 'begunAtMs';

/** One point, at the end of a time bucket: `[elapsed seconds, jobs done, jobs active]`. */
export const Point = z.tuple([z.number(), z.number(), z.number()]);
export type Point = z.infer<typeof Point>;

/** From the first start (0 s) on; jobs done are those that did their work. */
const Series = z.object({ points: z.array(Point) });
export type Series = z.infer<typeof Series>;

const EMPTY: Series = { points: [] };

/** Reads the series of a run: the finished one if there is one, else what has been counted so far. */
export async function readSeries(connection: RedisConnection, run: number): Promise<Series> {
  return (
    (await finishedSeries(connection, run)) ??
    (await countedSeries(connection, run)) ??
    // A tracker that finishes it between the two reads deletes what was counted.
    (await finishedSeries(connection, run)) ??
    EMPTY
  );
}

async function finishedSeries(
  connection: RedisConnection,
  run: number,
): Promise<Series | undefined> {
  const finished = await connection.get(KEYS.series(run));
  return finished === null ? undefined : Series.parse(JSON.parse(finished));
}

async function countedSeries(
  connection: RedisConnection,
  run: number,
): Promise<Series | undefined> {
  const [buckets, tally] = await Promise.all([
    connection.hgetall(KEYS.buckets(run)),
    connection.hgetall(KEYS.tally(run)),
  ]);
  const [bucketMs, originMs, lastEndMs] = FRAME_FIELDS.map((field) => Number(tally[field]));
  const firstStartMs = firstStartIn(tally);
  if (!bucketMs || !originMs || !firstStartMs || !lastEndMs) return undefined;
  const series = seriesOf(buckets, { bucketMs, originMs, firstStartMs, lastEndMs });
  return series.points.length === 0 ? undefined : series;
}

/** When the first attempt at any job of a run began, by the fields of its tally. */
export function firstStartIn(fields: Readonly<Record<string, string>>): number | undefined {
  const starts = [fields[BEGUN_FIELD], fields['firstStartMs']].filter((text) => text !== undefined);
  return starts.length === 0 ? undefined : Math.min(...starts.map(Number));
}

const FRAME_FIELDS = ['bucketMs', 'originMs', 'lastEndMs'] as const;

interface Frame {
  readonly bucketMs: number;
  readonly originMs: number;
  readonly firstStartMs: number;
  readonly lastEndMs: number;
}

/**
 * Builds a series from a run's buckets. The number of active jobs at the end of a bucket is exact: those
 * that had started less those that had ended by then.
 */
export function seriesOf(buckets: Readonly<Record<string, string>>, frame: Frame): Series {
  const indexes = Object.keys(buckets).map((field) => Number(field.slice(1)));
  if (indexes.length === 0) return EMPTY;
  const [first, last] = [Math.min(...indexes), Math.max(...indexes)];
  const points: Point[] = [[0, 0, 0]];
  const firstMs = frame.originMs + first * frame.bucketMs;
  // Its first worker was killed: until the next attempt nothing was done.
  if (firstMs > frame.firstStartMs) points.push([(firstMs - frame.firstStartMs) / 1000, 0, 0]);
  let done = 0;
  let active = 0;
  for (let index = first; index <= last; index += 1) {
    const at = (sort: string): number => Number(buckets[`${sort}${index}`] ?? 0);
    done += at('e');
    active += at('s') - at('x');
    const endMs = Math.min(frame.originMs + (index + 1) * frame.bucketMs, frame.lastEndMs);
    points.push([(endMs - frame.firstStartMs) / 1000, done, Math.max(active, 0)]);
  }
  return { points };
}

/** Stores the finished series of a run and deletes what it was made of. May be repeated. */
export async function finishSeries(connection: RedisConnection, run: number): Promise<Series> {
  const series = await readSeries(connection, run);
  await connection
    .multi()
    .set(KEYS.series(run), JSON.stringify(series))
    .del(KEYS.buckets(run), KEYS.endings(run))
    .exec();
  return series;
}

/** At most `count` points of a series, spread evenly, the first and the last among them. */
export function coarse({ points }: Series, count: number): Point[] {
  if (points.length <= count) return [...points];
  const step = (points.length - 1) / (count - 1);
  const picked = new Set(Array.from({ length: count }, (_, index) => Math.round(index * step)));
  return points.filter((_, index) => picked.has(index));
}

/** The most jobs that were seen active at once. */
export function peakActive(series: Series): number {
  return series.points.reduce((peak, [, , active]) => Math.max(peak, active), 0);
}
