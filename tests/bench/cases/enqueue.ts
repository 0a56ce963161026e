/** A run of a million: how fast it is queued, and what that costs everybody else. */

import { setTimeout as delay } from 'node:timers/promises';
import { repeatOfLong, sized, type Bench, type BenchCase } from '../bench.js';
import { residentBytes } from '../memory.js';
import { withSubject, type Subject } from '../subject.js';

/** How often another client asks, and how often the producer's memory is looked at. */
const PING_EVERY_MS = 2;
const LOOK_EVERY_MS = 100;

interface Enqueuing {
  readonly perSecond: number;
  readonly producerMb: number;
  readonly jobBytes: number;
  readonly longestWaitMs: number;
}

export const enqueue: BenchCase = {
  name: 'enqueue',
  title: 'Queueing one long run',
  method:
    "`enqueue comics 1-1000000` from the start of the command to its exit, into a Redis whose hash settings are its own defaults. Memory is the largest resident size of the command's process; bytes a job the growth of Redis' used memory, in which its buffers are included; the longest wait is that of a client in another process that pings every 2 ms, its own scheduling on the busy machine included.",
  measure: async (bench) => {
    const jobs = sized(bench, 1_000_000, 2000);
    const measured: Enqueuing[] = [];
    for (let pass = 0; pass < repeatOfLong(bench); pass += 1) {
      measured.push(await enqueueOnce(bench, jobs));
      bench.note(`  ${pass + 1} enqueue: ${JSON.stringify(measured.at(-1))}`);
    }
    const rate = measured.map(({ perSecond }) => perSecond);
    const memory = measured.map(({ producerMb }) => producerMb);
    const bytes = measured.map(({ jobBytes }) => jobBytes);
    const wait = measured.map(({ longestWaitMs }) => longestWaitMs);
    return {
      series: [
        { contestant: `rate of ${jobs} comics`, unit: 'jobs/s', values: rate },
        { contestant: 'memory of the producer', unit: 'MB', values: memory },
        { contestant: 'Redis', unit: 'bytes/job', values: bytes },
        { contestant: 'longest wait of another client', unit: 'ms', values: wait },
      ],
      goals: [
        { what: `enqueue ${jobs}: rate`, unit: ' jobs/s', atLeast: 20_000, values: rate },
        {
          what: `enqueue ${jobs}: memory of the producer`,
          unit: ' MB',
          atMost: 200,
          values: memory,
        },
        {
          what: `enqueue ${jobs}: Redis a waiting job`,
          unit: ' bytes',
          atMost: 450,
          values: bytes,
        },
        {
          what: `enqueue ${jobs}: longest wait of another client`,
          unit: ' ms',
          atMost: 50,
          values: wait,
        },
      ],
    };
  },
};

async function enqueueOnce(bench: Bench, jobs: number): Promise<Enqueuing> {
  return withSubject(bench, { untuned: true, site: 'http://127.0.0.1:9' }, async (subject) => {
    const before = await subject.redis.usedBytes();
    const producer = subject.start('enqueue', 'comics', `1-${jobs}`);
    let busy = true;
    const memory = largestMemory(producer.pid, () => busy);
    const wait = longestPing(subject, () => busy);
    const { wallMs } = await producer.success().finally(() => (busy = false));
    const used = (await subject.redis.usedBytes()) - before;
    return {
      perSecond: (jobs / wallMs) * 1000,
      producerMb: (await memory) / 1e6,
      jobBytes: used / jobs,
      longestWaitMs: await wait,
    };
  });
}

async function largestMemory(pid: number, goesOn: () => boolean): Promise<number> {
  let largest = 0;
  while (goesOn()) {
    largest = Math.max(largest, await residentBytes(pid));
    await delay(LOOK_EVERY_MS);
  }
  return largest;
}

async function longestPing({ redis }: Subject, goesOn: () => boolean): Promise<number> {
  let longestMs = 0;
  while (goesOn()) {
    const sentAtMs = performance.now();
    await redis.connection.ping();
    longestMs = Math.max(longestMs, performance.now() - sentAtMs);
    await delay(PING_EVERY_MS);
  }
  return longestMs;
}
