/** A producer in a process of its own, from `dist/`: for tests that want it killed or weigh it. */

import { spawn, type ChildProcess } from 'node:child_process';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import { PROJECT_ROOT } from '../support/project-root.js';

/** Plans its words, adds them to a Redis if it is given one, and prints what it has planned. */
const PROGRAM = `
import { join } from 'node:path';
const [root, words, inputFiles, redisUrl, killedAfter] = process.argv.slice(1);
const load = (path) => import(join(root, 'dist', path));
const { planRun } = await load('producer/plan.js');
const { enqueueRun } = await load('producer/enqueue.js');
const { parseRedisAddress } = await load('shared/redis/address.js');
const { openConnection } = await load('shared/redis/connection.js');
const { signal } = new AbortController();
const plan = await planRun(
  {
    kind: 'comic', words: words.split(' ').filter(Boolean),
    inputFiles: inputFiles.split(' ').filter(Boolean),
    baseline: false, times: 1, attempts: 3, refetch: false,
  },
  { site: { url: 'http://127.0.0.1:1/{id}' }, latest: () => 1, stdin: process.stdin, signal },
);
if (redisUrl) {
  const connection = openConnection(parseRedisAddress(redisUrl), { whenDown: 'fail' }, () => {});
  const onProgress = ({ queued }) => {
    if (queued >= Number(killedAfter)) process.kill(process.pid, 'SIGKILL');
  };
  await enqueueRun(plan, { connection, signal, onProgress });
}
const rssMaxMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(JSON.stringify({ asked: plan.run.asked, total: plan.run.total, rssMaxMb }));
process.exit();
`;

export interface ProducerOrder {
  readonly words?: string;
  readonly inputFiles?: readonly string[];
  readonly redisUrl?: string;
  /** Ends the process with SIGKILL when so many jobs are queued: a test that watched might be late. */
  readonly killedAfter?: number;
}

const Planned = z.object({ asked: z.number(), total: z.number(), rssMaxMb: z.number() });

/** Starts a producer; its standard input is open. */
export function startProducer(order: ProducerOrder): ChildProcess {
  const { words = '', inputFiles = [], redisUrl = '', killedAfter = Number.NaN } = order;
  const args = [words, inputFiles.join(' '), redisUrl, String(killedAfter)];
  return spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, PROJECT_ROOT, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

/** What a producer has planned, and the memory that it took. */
export async function plannedBy(producer: ChildProcess): Promise<z.infer<typeof Planned>> {
  if (producer.stdout === null) throw new Error('The producer has no output');
  return Planned.parse(await json(producer.stdout));
}
