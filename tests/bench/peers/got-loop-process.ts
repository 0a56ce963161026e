/** `node got-loop-process.js TASK`: fetches, checks and keeps; no queue, no retries. */

import { rename, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { got } from 'got';
import pLimit from 'p-limit';
import { z } from 'zod';
import { idsOf, urlOfComic } from './peer.js';

const Task = z.object({
  site: z.string(),
  first: z.number(),
  count: z.number(),
  concurrency: z.number(),
  out: z.string(),
});
const Comic = z.object({ num: z.number() });

const task = Task.parse(JSON.parse(process.argv[2] ?? ''));
const agent = { http: new Agent({ keepAlive: true, maxSockets: task.concurrency }) };
const limit = pLimit(task.concurrency);

const startedAtMs = performance.now();
await Promise.all(idsOf(task).map((id) => limit(() => keepComic(id))));
process.stdout.write(JSON.stringify({ seconds: (performance.now() - startedAtMs) / 1000 }));
process.exit(0);

async function keepComic(id: number): Promise<void> {
  const body = await got(urlOfComic(task, id), { agent, retry: { limit: 0 } }).buffer();
  const { num } = Comic.parse(JSON.parse(body.toString()));
  if (num !== id) throw new Error(`Asked for ${id}, got ${num}`);
  const path = join(task.out, `${id}.json`);
  await writeFile(`${path}.part`, body);
  await rename(`${path}.part`, path);
}
