/** A queue as Bull Board sees it: with our words for its jobs, and our list of workers. */

import type { QueueAdapterOptions, QueueWorker } from '@bull-board/api/typings/app';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { Queue } from 'bullmq';
import type { Lane } from '../../shared/queues/lane.js';
import type { WorkerPresence } from '../../shared/queues/worker-presence.js';
import { jobName, jobPayload, jobResult, runJobName, runResult } from './job-words.js';

/** The workers that are connected now. */
export type WorkerList = () => Promise<readonly WorkerPresence[]>;

/** `lane` is undefined for the queue of runs, which every worker works. */
export class LaneAdapter extends BullMQAdapter {
  readonly #lane: Lane | undefined;
  readonly #workers: WorkerList;

  constructor(
    queue: Queue,
    options: Partial<QueueAdapterOptions>,
    lane: Lane | undefined,
    workers: WorkerList,
  ) {
    super(queue, options);
    this.#lane = lane;
    this.#workers = workers;
    this.setFormatter('data', jobPayload);
    if (lane === undefined) {
      this.setFormatter('name', runJobName);
      this.setFormatter('returnValue', runResult);
    } else {
      this.setFormatter('name', (job) => jobName(lane.kind, job));
      this.setFormatter('returnValue', jobResult);
    }
  }

  /**
   * Workers as they say themselves, with their concurrency. Bull Board asks for them at each poll,
   * for each queue: by CLIENT LIST, which walks every connection of Redis.
   */
  override async getWorkers(): Promise<QueueWorker[]> {
    const workers = await this.#workers();
    return workers.flatMap((worker) => {
      const atATime = this.#concurrencyOf(worker);
      if (atATime === undefined) return [];
      return [
        {
          id: worker.id,
          name: `${worker.id} · ${atATime} at a time`,
          addr: `${worker.host}, process ${worker.pid}`,
          age: Math.max(0, Math.round((Date.now() - worker.startedAtMs) / 1000)),
        },
      ];
    });
  }

  #concurrencyOf({ lanes }: WorkerPresence): number | undefined {
    if (this.#lane !== undefined) return lanes[this.#lane.name];
    return Object.values(lanes).reduce((all, atATime) => all + atATime, 0);
  }
}
