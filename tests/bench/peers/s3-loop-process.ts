/** `node s3-loop-process.js TASK BUCKET-URL`: fetches, checks and puts into a bucket; no queue, no retries. */

import { Agent } from 'node:http';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { got } from 'got';
import pLimit from 'p-limit';
import { idsOf, urlOfComic } from './peer.js';
import { readTask, requireComic } from './store-comic.js';

const task = readTask(process.argv[2]);
const target = new URL(process.argv[3] ?? '');
const client = new S3Client({
  endpoint: target.searchParams.get('endpoint') ?? '',
  region: 'us-east-1',
  forcePathStyle: true,
  requestChecksumCalculation: 'WHEN_REQUIRED',
  requestHandler: { httpAgent: { maxSockets: task.concurrency, keepAlive: true } },
});
const agent = { http: new Agent({ keepAlive: true, maxSockets: task.concurrency }) };
const limit = pLimit(task.concurrency);

const startedAtMs = performance.now();
await Promise.all(
  idsOf(task).map((id) =>
    limit(async () => {
      const body = await got(urlOfComic(task, id), { agent, retry: { limit: 0 } }).buffer();
      requireComic(body, id);
      await client.send(
        new PutObjectCommand({ Bucket: target.hostname, Key: `loop/${id}.json`, Body: body }),
      );
    }),
  ),
);
process.stdout.write(JSON.stringify({ seconds: (performance.now() - startedAtMs) / 1000 }));
process.exit(0);
