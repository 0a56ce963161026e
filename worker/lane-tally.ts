/** Folds what has finished in a lane: one fold at a time, however many keepers ask. */

import type { Lane } from '../shared/queues/lane.js';
import type { RedisConnection } from '../shared/redis/connection.js';
import { foldFinished } from '../shared/runs/tally.js';

export class LaneTally {
  private readonly connection: RedisConnection;
  private readonly folds = new Map<string, Promise<void>>();

  constructor(connection: RedisConnection) {
    this.connection = connection;
  }

  /** Resolves when all that had finished in the lane when this was called has been counted. */
  async fold(lane: Lane): Promise<void> {
    await this.folds.get(lane.name);
    const fold = this.folds.get(lane.name) ?? this.foldAll(lane);
    this.folds.set(lane.name, fold);
    await fold;
  }

  private async foldAll(lane: Lane): Promise<void> {
    try {
      while (await foldFinished(this.connection, lane));
    } finally {
      this.folds.delete(lane.name);
    }
  }
}
