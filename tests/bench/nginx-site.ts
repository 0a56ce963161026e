/** nginx as an origin: comics of any number, after a time of its own. */

import { execFile } from 'node:child_process';
import { access, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { comicBody } from '../../origin/comics.js';
import { freePort } from '../support/free-port.js';
import type { Bench } from './bench.js';
import type { Site } from './site.js';

const run = promisify(execFile);

const START_LIMIT_MS = 10_000;

/** Any will do: all answers are this one, with another number in it. */
const MODEL_NUMBER = 1001;

/** Debian's nginx-light brings it along; nothing else in nginx can wait. */
const ECHO_MODULE = 'ngx_http_echo_module.so';

/**
 * Starts an nginx whose answers take `latencyMs`; undefined where the one that is installed cannot
 * wait.
 */
export async function startNginx(
  bench: Bench,
  program: string,
  latencyMs: number,
): Promise<Site | undefined> {
  const echoModule = latencyMs > 0 ? await findEchoModule(program) : undefined;
  if (latencyMs > 0 && echoModule === undefined) return undefined;
  const directory = await mkdtemp(join(bench.scratch, 'nginx-'));
  const port = await freePort();
  const settings = join(directory, 'nginx.conf');
  await writeFile(settings, settingsOf({ directory, port, latencyMs, echoModule }));
  const server = bench.processes.start({
    program,
    args: ['-p', directory, '-e', 'stderr', '-c', settings],
    cwd: directory,
  });
  const url = `http://127.0.0.1:${port}`;
  await untilServed(`${url}/${MODEL_NUMBER + 1}/info.0.json`);
  return { url, name: 'nginx', stop: () => server.end() };
}

async function findEchoModule(program: string): Promise<string | undefined> {
  const { stderr } = await run(program, ['-V']);
  const folder = /--modules-path=(\S+)/.exec(stderr)?.[1];
  if (folder === undefined) return undefined;
  const path = join(folder, ECHO_MODULE);
  return access(path).then(
    () => path,
    () => undefined,
  );
}

interface Terms {
  readonly directory: string;
  readonly port: number;
  readonly latencyMs: number;
  readonly echoModule: string | undefined;
}

function settingsOf({ directory, port, latencyMs, echoModule }: Terms): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const answer = `return 200 ${modelAnswer()};`;
  return [
    ...(echoModule === undefined ? [] : [`load_module ${echoModule};`]),
    // Its workers must be able to read a private directory.
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    'daemon off;',
    'worker_processes 1;',
    `pid ${join(directory, 'nginx.pid')};`,
    'error_log stderr crit;',
    'events { worker_connections 4096; }',
    'http {',
    ...temporary.map((name) => `${name}_temp_path ${join(directory, name)};`),
    'access_log off;',
    'default_type application/json;',
    'keepalive_timeout 75s;',
    'keepalive_requests 10000000;',
    `server { listen 127.0.0.1:${port} backlog=4096;`,
    String.raw`location ~ "^/(?<number>[1-9]\d*)/info\.0\.json$" {`,
    latencyMs > 0 ? `echo_sleep ${latencyMs / 1000}; echo_exec /comic/$number;` : answer,
    '}',
    String.raw`location ~ "^/comic/(?<number>\d+)$" { internal; ${answer} }`,
    '} }',
    '',
  ].join('\n');
}

/** A comic as an nginx string, with a variable in the place of its number. */
function modelAnswer(): string {
  const body = comicBody(MODEL_NUMBER);
  const [head, tail, ...more] = body.split(`"num": ${MODEL_NUMBER},`);
  if (tail === undefined || more.length > 0 || body.includes('$')) {
    throw new Error('The invented comic cannot be made a model for others');
  }
  const quoted = [head, tail].map((part) => part?.replaceAll(/[\\']/g, String.raw`\$&`));
  return `'${quoted.join('"num": $number,')}'`;
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
