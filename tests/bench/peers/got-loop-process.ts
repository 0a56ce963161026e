/** `node got-loop-process.js TASK`: fetches, checks and stores; no queue, no retries. */

import pLimit from 'p-limit';
import { idsOf } from './peer.js';
import { comicStore, readTask } from './store-comic.js';

const task = readTask(process.argv[2]);
const store = comicStore(task);
const limit = pLimit(task.concurrency);

const startedAtMs = performance.now();
await Promise.all(idsOf(task).map((id) => limit(() => store(id))));
process.stdout.write(JSON.stringify({ seconds: (performance.now() - startedAtMs) / 1000 }));
process.exit(0);
