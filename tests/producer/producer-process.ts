/** A producer in a process of its own, from `dist/`: for tests that kill it or weigh it. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PROJECT_ROOT } from '../support/project-root.js';

/** Plans its words, and adds them to a Redis if it is given one; says each step on a line. */
const PROGRAM = `
import { join } from 'node:path';
const [root, words, inputFiles, redisUrl] = process.argv.slice(1);
const load = (path) => import(join(root, 'dist', path));
const { planRun } = await load('producer/plan.js');
const { enqueueRun } = await load('producer/enqueue.js');
const { parseRedisAddress } = await load('shared/redis/address.js');
const { openConnection } = await load('shared/redis/connection.js');
const { signal } = new AbortController();
const say = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
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
  say(await enqueueRun(plan, { connection, signal, onProgress: say }));
}
say({ asked: plan.run.asked, total: plan.run.total, rssMaxMb: process.resourceUsage().maxRSS / 1024 });
process.exit();
`;

export interface ProducerOrder {
  readonly words?: string;
  readonly inputFiles?: readonly string[];
  readonly redisUrl?: string;
}

/** A line that the process has said. */
export type Said = Readonly<Record<string, number | string>>;

/** Starts a producer; its standard input is open. */
export function startProducer(order: ProducerOrder): ChildProcess {
  const { words = '', inputFiles = [], redisUrl = '' } = order;
  return spawn(
    process.execPath,
    ['--input-type=module', '-e', PROGRAM, PROJECT_ROOT, words, inputFiles.join(' '), redisUrl],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
}

/** Runs a producer to its end, handing it what it says line by line. */
export async function runProducer(
  producer: ChildProcess,
  onSaid: (said: Said) => void = () => {},
): Promise<Said> {
  if (producer.stdout === null) throw new Error('The producer has no output');
  let last: Said = {};
  const ended = once(producer, 'exit');
  for await (const line of createInterface({ input: producer.stdout })) {
    last = JSON.parse(line) as Said;
    onSaid(last);
  }
  await ended;
  return last;
}
