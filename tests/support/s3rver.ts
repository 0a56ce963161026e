/** s3rver, an S3 server that knows nothing of this project, in a process of its own. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The bucket that it has, */
export const S3_BUCKET = 'results';

/** and the only credentials that it takes. */
export const S3_CREDENTIALS = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' };

export interface S3rver {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts s3rver on a free port of this machine, in a directory that it removes again. */
export async function startS3rver(): Promise<S3rver> {
  const directory = await mkdtemp(join(tmpdir(), 'cq-s3-'));
  const program = createRequire(import.meta.url).resolve('s3rver/bin/s3rver.js');
  // It seals the tokens of its lists with DES, which OpenSSL 3 has among the old ciphers only.
  const options = ['--directory', directory, '--address', '127.0.0.1', '--port', '0', '--silent'];
  const server = spawn(
    process.execPath,
    ['--openssl-legacy-provider', program, ...options, '--configure-bucket', S3_BUCKET],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(server, 'exit');
  for await (const line of createInterface({ input: server.stdout })) {
    const port = /listening on .*:(\d+)$/.exec(line)?.[1];
    if (port === undefined) continue;
    const stop = async () => {
      server.kill();
      await ended;
      await rm(directory, { recursive: true, force: true });
    };
    return { port: Number(port), stop };
  }
  throw new Error('s3rver did not start');
}
