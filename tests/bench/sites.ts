/** Origins to fetch from: all contestants of a case ask the same one. */

import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { comicBody } from '../../origin/comic.js';
import type { OriginInput } from '../../origin/options.js';
import type { Bench } from './bench.js';

/** The first comic asked for: the selection from here on has no 404 in it. */
export const FIRST_COMIC = 1001;

const START_LIMIT_MS = 10_000;

export interface Site {
  readonly url: string;
  readonly name: string;
  stop(): Promise<void>;
}

/** An origin that answers at once: nginx with files where installed, else the stand-in. */
export async function startFastSite(
  bench: Bench,
  directory: string,
  comics: number,
): Promise<Site> {
  const { nginx } = bench.tools;
  return nginx === undefined
    ? startStandIn(bench, {})
    : startNginx(bench, nginx.path, { directory, comics });
}

/** The stand-in in a process of its own, uncompressed so that all contestants get the same bytes. */
export async function startStandIn(bench: Bench, options: OriginInput): Promise<Site> {
  const process_ = bench.processes.start({
    program: process.execPath,
    args: [join(import.meta.dirname, 'origin-process.js'), JSON.stringify(options)],
    cwd: bench.scratch,
  });
  return { url: await process_.firstLine(), name: 'stand-in', stop: () => process_.end() };
}

const Stats = z.object({ byStatus: z.record(z.string(), z.number()) });

/** Answers of the stand-in so far, and refusals (429) among them. */
export async function answersOf({ url }: Site): Promise<{ all: number; refused: number }> {
  const response = await fetch(`${url}/__origin/stats`);
  const { byStatus } = Stats.parse(await response.json());
  const all = Object.values(byStatus).reduce((sum, count) => sum + count, 0);
  return { all, refused: byStatus['429'] ?? 0 };
}

async function startNginx(
  bench: Bench,
  program: string,
  { directory, comics }: { directory: string; comics: number },
): Promise<Site> {
  const root = join(directory, 'site');
  await writeComics(root, comics);
  const port = await freePort();
  const settings = join(directory, 'nginx.conf');
  await writeFile(settings, nginxSettings(directory, root, port));
  const server = bench.processes.start({
    program,
    args: ['-p', directory, '-e', 'stderr', '-c', settings],
    cwd: directory,
  });
  const url = `http://127.0.0.1:${port}`;
  await untilServed(`${url}/${FIRST_COMIC}/info.0.json`);
  return { url, name: 'nginx', stop: () => server.end() };
}

async function writeComics(root: string, comics: number): Promise<void> {
  for (let id = FIRST_COMIC; id < FIRST_COMIC + comics; id += 1) {
    const folder = join(root, String(id));
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'info.0.json'), comicBody(id));
  }
}

function nginxSettings(directory: string, root: string, port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return [
    // Its workers must be able to read a private directory.
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    'daemon off;',
    'worker_processes 1;',
    `pid ${join(directory, 'nginx.pid')};`,
    'error_log stderr crit;',
    'events { worker_connections 1024; }',
    'http {',
    ...temporary.map((name) => `${name}_temp_path ${join(directory, name)};`),
    'access_log off;',
    'default_type application/json;',
    'keepalive_timeout 75s;',
    'keepalive_requests 10000000;',
    'open_file_cache max=10000 inactive=600s;',
    'open_file_cache_valid 600s;',
    `server { listen 127.0.0.1:${port} backlog=4096; root ${root}; }`,
    '}',
    '',
  ].join('\n');
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = address === null || typeof address === 'string' ? 0 : address.port;
      server.close(() => resolve(port));
    });
  });
}

async function untilServed(url: string): Promise<void> {
  const deadline = Date.now() + START_LIMIT_MS;
  while (Date.now() < deadline) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok === true) return;
    await delay(20);
  }
  throw new Error(`The origin did not answer at ${url}`);
}
