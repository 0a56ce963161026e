/** Getting a redis-server where there is none: each way announces what it installs, in one line. */

import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory } from '../../shared/base/directory.js';
import { errorText } from '../../shared/base/errors.js';
import { withDeadline } from '../../shared/base/wait.js';
import {
  type BinaryProvider,
  inspectBinary,
  isAdvised,
  keepInCache,
  onPath,
} from './server-binary.js';

/** Slow mirrors and slow machines; a hanging one must end. */
const APT_LIMIT_MS = 300_000;
const BUILD_LIMIT_MS = 900_000;
const OUTPUT_LENGTH_MAX = 64 * 1024;

/** The ways, in order. */
export const INSTALLERS: readonly BinaryProvider[] = [linkTools, installTools, buildServer];

/**
 * `redis-check-rdb` of the package `redis-tools` is the server's own binary: started under the name
 * `redis-server` it is one. The package brings no service.
 */
async function linkTools({ env }: Parameters<BinaryProvider>[0]): ReturnType<BinaryProvider> {
  const tool = (await onPath('redis-check-rdb', env)) ?? (await onPath('redis-check-aof', env));
  return tool === undefined ? undefined : keepInCache(tool, env);
}

/** Installs the package where apt-get may be used. */
async function installTools(search: Parameters<BinaryProvider>[0]): ReturnType<BinaryProvider> {
  const aptGet = await onPath('apt-get', search.env);
  if (aptGet === undefined || process.getuid?.() !== 0) return undefined;
  search.announce(
    'Installing redis-tools with apt-get (once), to have a Redis server; it brings no service …',
  );
  const env = { ...search.env, DEBIAN_FRONTEND: 'noninteractive' };
  const signal = AbortSignal.timeout(APT_LIMIT_MS);
  const install = ['install', '-y', '--no-install-recommends', 'redis-tools'];
  const first = await run(aptGet, install, env, signal);
  if (!first.ok) {
    // Fresh images come without package lists.
    await run(aptGet, ['update'], env, signal);
    const second = await run(aptGet, install, env, signal);
    if (!second.ok) throw new Error(`apt-get cannot install redis-tools: ${second.lastLine}`);
  }
  const binary = await linkTools(search);
  if (binary === undefined) throw new Error('redis-tools brought no usable redis-check-rdb');
  if (!isAdvised(binary))
    throw new Error(`redis-tools brought Redis ${binary.major}.${binary.minor}`);
  return binary;
}

/** Downloads and compiles Redis with the optional package redis-memory-server. */
async function buildServer(search: Parameters<BinaryProvider>[0]): ReturnType<BinaryProvider> {
  const library = await import('redis-memory-server').catch(() => undefined);
  if (library === undefined) throw new Error('redis-memory-server is not installed');
  if ((await onPath('make', search.env)) === undefined) {
    throw new Error('redis-memory-server cannot compile Redis without make and a C compiler');
  }
  search.announce('Compiling Redis with redis-memory-server (once; takes some minutes) …');
  // Without this the package does not check the certificate of the server it downloads from.
  process.env['npm_config_strict_ssl'] = 'true';
  const downloadDir = join(cacheDirectory(search.env), 'redis-binaries');
  await mkdir(downloadDir, { recursive: true });
  const path = await withDeadline(
    library.RedisBinary.getPath({ downloadDir, version: 'stable' }).catch((error: unknown) => {
      throw new Error(`redis-memory-server cannot build Redis: ${errorText(error)}`);
    }),
    BUILD_LIMIT_MS,
    () => new Error('redis-memory-server did not finish building Redis in time'),
  );
  return (await keepInCache(path, search.env)) ?? inspectBinary(path);
}

interface Ending {
  readonly ok: boolean;
  readonly lastLine: string;
}

/** Runs a program to its end and keeps the last line it wrote. */
function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Ending> {
  return new Promise((resolve, reject) => {
    let output = '';
    const child = spawn(program, args, { env, signal, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output = (output + chunk).slice(-OUTPUT_LENGTH_MAX);
      });
    }
    child.once('error', reject);
    child.once('close', (code) => {
      const lastLine = output.trim().split('\n').at(-1) ?? '';
      resolve({ ok: code === 0, lastLine });
    });
  });
}
