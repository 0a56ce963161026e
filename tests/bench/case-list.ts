/** All cases, in the order in which they run. */

import type { BenchCase } from './bench.js';
import { autoAtLimit, autoConcurrency } from './cases/auto-concurrency.js';
import { baselineQueue } from './cases/baseline-queue.js';
import { boardPages, openBoard } from './cases/board.js';
import { deepQueue } from './cases/deep-queue.js';
import { efficiency } from './cases/efficiency.js';
import { emptyJobs } from './cases/empty-jobs.js';
import { enqueue } from './cases/enqueue.js';
import { longRun, processorTime } from './cases/long-run.js';
import { queues } from './cases/queues.js';
import { s3 } from './cases/s3.js';
import { startUp } from './cases/start-up.js';
import { twoProcesses } from './cases/two-processes.js';
import { workersAtSite } from './cases/workers-at-site.js';
import { workerMemory } from './cases/worker-memory.js';
import { zeroLatency } from './cases/zero-latency.js';

export const CASES: readonly BenchCase[] = [
  zeroLatency,
  queues,
  longRun,
  processorTime,
  emptyJobs,
  efficiency,
  baselineQueue,
  s3,
  startUp,
  twoProcesses,
  workersAtSite,
  autoConcurrency,
  autoAtLimit,
  enqueue,
  deepQueue,
  workerMemory,
  boardPages,
  openBoard,
];
