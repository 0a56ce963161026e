/** How long jobs waited before they were started, by a sample of the newest starts. */

import type { Lane } from '../../shared/queues/lane.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { KEYS } from '../../shared/redis/keys.js';

/** Events looked at, a lane and scrape: a sample is enough for a distribution, and costs little. */
const EVENTS_READ = 400;

export class WaitSample {
  readonly #connection: RedisConnection;
  /** The newest event that was looked at, by lane. */
  readonly #seen = new Map<string, string>();

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  /**
   * Waits, in seconds, of jobs that were started since the last time. BullMQ's stream of events
   * says when a job became active, by Redis's clock; the job says when it was added.
   */
  async waits(lane: Lane): Promise<number[]> {
    const base = KEYS.queueBase(lane.name);
    const seen = this.#seen.get(lane.name);
    const from = seen === undefined ? '-' : `(${seen}`;
    const events = await this.#connection.xrevrange(
      `${base}events`,
      '+',
      from,
      'COUNT',
      EVENTS_READ,
    );
    const newest = events[0]?.[0];
    if (newest !== undefined) this.#seen.set(lane.name, newest);
    const starts = events.filter(([, fields]) => fieldOf(fields, 'event') === 'active');
    const waits = await Promise.all(
      starts.map(async ([id, fields]) => {
        const job = fieldOf(fields, 'jobId') ?? '';
        const added = await this.#connection.hget(`${base}${job}`, 'timestamp');
        return added === null ? undefined : (Number(id.split('-', 1)[0]) - Number(added)) / 1000;
      }),
    );
    return waits.filter((wait) => wait !== undefined).map((wait) => Math.max(0, wait));
  }
}

function fieldOf(fields: readonly string[], name: string): string | undefined {
  const place = fields.indexOf(name);
  return place < 0 ? undefined : fields[place + 1];
}
