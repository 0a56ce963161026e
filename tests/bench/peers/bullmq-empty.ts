/** BullMQ with a processor that does nothing: the floor under every queue made with it. */

import { join } from 'node:path';
import { inDirectory, type Bench } from '../bench.js';
import type { Contestant } from '../interleaving.js';
import { RedisProcess } from '../redis-process.js';
import { saidSeconds } from './peer.js';

export interface EmptyJobs {
  readonly jobs: number;
  readonly concurrency: number;
}

/** Measured in jobs a second, from the first start to the last end, as in our own reports. */
export function bullmqEmpty(bench: Bench, { jobs, concurrency }: EmptyJobs): Contestant {
  return {
    name: 'BullMQ, empty processor',
    measure: async () =>
      inDirectory(bench, async (directory) => {
        const redis = await RedisProcess.start(bench, directory);
        try {
          const program = join(import.meta.dirname, 'bullmq-empty-process.js');
          const run = async (...args: string[]) =>
            bench.processes.run({
              program: process.execPath,
              args: [program, redis.url, ...args],
              cwd: directory,
            });
          await run(String(jobs));
          const { stdout } = await run(String(jobs), String(concurrency));
          return jobs / saidSeconds(stdout);
        } finally {
          await redis.stop();
        }
      }),
  };
}
