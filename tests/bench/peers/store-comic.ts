/** What the programs that use got do with a comic: fetch, check, write aside, rename. */

import { rename, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { got } from 'got';
import { z } from 'zod';
import { urlOfComic, type PeerTask } from './peer.js';

const Task = z.object({
  site: z.string(),
  first: z.number(),
  count: z.number(),
  concurrency: z.number(),
  out: z.string(),
});
const Comic = z.object({ num: z.number() });

/** Reads the task that a program was started with. @throws Error where it is none. */
export function readTask(json: string | undefined): PeerTask {
  return Task.parse(JSON.parse(json ?? ''));
}

/** Stores one comic of the task; the agent is shared, so that connections are used again. */
export function comicStore(task: PeerTask): (id: number) => Promise<void> {
  const agent = { http: new Agent({ keepAlive: true, maxSockets: task.concurrency }) };
  return async (id) => {
    const body = await got(urlOfComic(task, id), { agent, retry: { limit: 0 } }).buffer();
    requireComic(body, id);
    const path = join(task.out, `${id}.json`);
    await writeFile(`${path}.part`, body);
    await rename(`${path}.part`, path);
  };
}

/** @throws Error where the body is not that comic. */
export function requireComic(body: Buffer, id: number): void {
  const { num } = Comic.parse(JSON.parse(body.toString()));
  if (num !== id) throw new Error(`Asked for ${id}, got ${num}`);
}
