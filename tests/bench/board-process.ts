/** The board of a measurement, and somebody who looks at it. */

import { setTimeout as delay } from 'node:timers/promises';
import { DELTA } from '../../dashboard/api/panel-view.js';
import type { RunningProcess } from './processes.js';
import type { Subject } from './subject.js';

/** What one open tab asks for: the panel, and Bull Board's list of queues. */
const TAB = [
  { path: '/api/throughput', everyMs: 500 },
  { path: '/api/queues?activeQueue=sleeps&page=1&jobsPerPage=10', everyMs: 2000 },
] as const;

export interface BoardProcess {
  readonly url: string;
  readonly process: RunningProcess;
}

export async function startBoard(subject: Subject): Promise<BoardProcess> {
  const process = subject.start('dashboard', '--port', '0', '--json');
  const { url } = JSON.parse(await process.firstLine()) as { url: string };
  return { url, process };
}

/** Milliseconds until the whole answer is there. @throws Error for anything but a 200. */
export async function answerMs(url: string): Promise<number> {
  const askedAt = performance.now();
  const response = await fetch(url);
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
  return performance.now() - askedAt;
}

/** Asks as an open tab does, until the signal aborts. A tab, too, goes on after a failure. */
export async function keepTabOpen({ url }: BoardProcess, signal: AbortSignal): Promise<void> {
  await Promise.all(
    TAB.map(async ({ path, everyMs }) => {
      let tag = '';
      while (!signal.aborted) {
        tag = await askSince(`${url}${path}`, tag).catch(() => '');
        await delay(everyMs, undefined, { signal }).catch(() => {});
      }
    }),
  );
}

/** Asks for what has changed since an answer; the tag of the new one. */
async function askSince(url: string, tag: string): Promise<string> {
  const response = await fetch(url, { headers: { 'If-None-Match': tag, 'A-IM': DELTA } });
  await response.arrayBuffer();
  return response.headers.get('ETag') ?? '';
}
