/** Finds a redis-server: one that is installed, or else one that is provided, which is announced. */

import { execFile, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, rename, rm, symlink } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory } from '../base/directory.js';
import { CommandError, errorText, EXIT } from '../base/errors.js';
import { withDeadline } from '../base/wait.js';

/** A server program and the version it answered with. */
export interface ServerBinary {
  readonly path: string;
  readonly major: number;
  readonly minor: number;
}

/** What the search for a binary needs of the process. */
export interface BinarySearch {
  readonly env: NodeJS.ProcessEnv;
  readonly announce: (line: string) => void;
}

/** Provides a binary: undefined when it does not apply on this machine; throws when it failed. */
export type BinaryProvider = (search: BinarySearch) => Promise<ServerBinary | undefined>;

const VERSION_LIMIT_MS = 5_000;
/** Slow mirrors and slow machines; a hanging one must end. */
const APT_LIMIT_MS = 300_000;
const BUILD_LIMIT_MS = 900_000;
const OUTPUT_LENGTH_MAX = 64 * 1024;

/** The providers of the program, in the order in which they are tried. */
export const INSTALLERS: readonly BinaryProvider[] = [linkTools, installTools, buildServer];

/**
 * The binary named by `COMIC_QUEUE_REDIS_SERVER`; else `redis-server` or `valkey-server` on PATH;
 * else the link made earlier in our cache; else the first that a provider comes up with.
 * BullMQ refuses Redis below 5.0 and advises 6.2: an older one than that is the last resort.
 * @throws CommandError 69 that says what to do.
 */
export async function findServerBinary(
  search: BinarySearch,
  providers: readonly BinaryProvider[],
): Promise<ServerBinary> {
  const named = search.env['COMIC_QUEUE_REDIS_SERVER'];
  if (named !== undefined && named !== '') return namedBinary(named);
  const present = (await presentBinaries(search.env)).find(isAdvised);
  if (present !== undefined) return present;
  const provided = await firstProvided(search, providers);
  if (provided.binary !== undefined) return provided.binary;
  const old = (await presentBinaries(search.env)).find((binary) => binary.major >= 5);
  if (old === undefined) throw noBinary(provided.refusals);
  const version = `${old.major}.${old.minor}`;
  search.announce(`Using ${old.path}, Redis ${version}: BullMQ advises 6.2 or newer.`);
  return old;
}

/** Whether BullMQ runs on it without a warning (`recommendedMinimumVersion` in its source). */
function isAdvised(binary: ServerBinary): boolean {
  return binary.major > 6 || (binary.major === 6 && binary.minor >= 2);
}

/** The first executable of that name on PATH. */
export async function onPath(name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const directories = (env['PATH'] ?? '').split(delimiter).filter((path) => isAbsolute(path));
  for (const directory of directories) {
    const path = join(directory, name);
    const executable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable) return path;
  }
  return undefined;
}

/** Asks a program for its version; undefined when it is no Redis or Valkey server. */
async function inspectBinary(path: string): Promise<ServerBinary | undefined> {
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], {
      timeout: VERSION_LIMIT_MS,
    });
    const match = /server v=(\d+)\.(\d+)/i.exec(stdout);
    if (match === null) return undefined;
    return { path, major: Number(match[1]), minor: Number(match[2]) };
  } catch {
    return undefined;
  }
}

/** Links a binary into our cache as `redis-server`, which later searches find. */
async function keepInCache(
  target: string,
  env: NodeJS.ProcessEnv,
): Promise<ServerBinary | undefined> {
  const directory = requireCache(env);
  await mkdir(directory, { recursive: true });
  const path = join(directory, 'redis-server');
  const draft = `${path}.${process.pid}`;
  await rm(draft, { force: true });
  await symlink(target, draft);
  await rename(draft, path);
  return inspectBinary(path);
}

/** The directory in which what we install is kept. */
function requireCache(env: NodeJS.ProcessEnv): string {
  const directory = cacheDirectory(env);
  if (directory !== undefined) return directory;
  throw new CommandError(
    EXIT.badConfig,
    'Cannot keep a redis-server: this user has no home directory. Set HOME or XDG_CACHE_HOME, or set REDIS_URL.',
  );
}

function cachedPath(env: NodeJS.ProcessEnv): string | undefined {
  const directory = cacheDirectory(env);
  return directory === undefined ? undefined : join(directory, 'redis-server');
}

async function namedBinary(path: string): Promise<ServerBinary> {
  const binary = await inspectBinary(path);
  if (binary !== undefined) return binary;
  throw new CommandError(
    EXIT.unavailable,
    `Cannot run COMIC_QUEUE_REDIS_SERVER: ${path} is not a redis-server. Correct or unset it, or set REDIS_URL.`,
  );
}

async function presentBinaries(env: NodeJS.ProcessEnv): Promise<ServerBinary[]> {
  const paths = [
    await onPath('redis-server', env),
    await onPath('valkey-server', env),
    cachedPath(env),
  ];
  const present = paths.filter((path) => path !== undefined);
  const binaries = await Promise.all(present.map((path) => inspectBinary(path)));
  return binaries.filter((binary) => binary !== undefined);
}

async function firstProvided(
  search: BinarySearch,
  providers: readonly BinaryProvider[],
): Promise<{ binary?: ServerBinary; refusals: string[] }> {
  const refusals: string[] = [];
  for (const provide of providers) {
    try {
      const binary = await provide(search);
      if (binary !== undefined && isAdvised(binary)) return { binary, refusals };
    } catch (error) {
      refusals.push(errorText(error));
    }
  }
  return { refusals };
}

function noBinary(refusals: readonly string[]): CommandError {
  const tried = refusals.map((refusal) => ` ${refusal}.`).join('');
  return new CommandError(
    EXIT.unavailable,
    `Cannot find a redis-server (6.2 or newer).${tried} Install one (apt-get install redis-server, brew install redis), or set REDIS_URL.`,
  );
}

/**
 * `redis-check-rdb` of the package `redis-tools` is the server's own binary: started under the name
 * `redis-server` it is one. The package brings no service.
 */
async function linkTools({ env }: BinarySearch): ReturnType<BinaryProvider> {
  const tool = (await onPath('redis-check-rdb', env)) ?? (await onPath('redis-check-aof', env));
  return tool === undefined ? undefined : keepInCache(tool, env);
}

/** Installs the package where apt-get may be used. */
async function installTools(search: BinarySearch): ReturnType<BinaryProvider> {
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
async function buildServer(search: BinarySearch): ReturnType<BinaryProvider> {
  const library = await import('redis-memory-server').catch(() => undefined);
  if (library === undefined) throw new Error('redis-memory-server is not installed');
  if ((await onPath('make', search.env)) === undefined) {
    throw new Error('redis-memory-server cannot compile Redis without make and a C compiler');
  }
  search.announce('Compiling Redis with redis-memory-server (once; takes some minutes) …');
  // Without this the package does not check the certificate of the server it downloads from.
  process.env['npm_config_strict_ssl'] = 'true';
  const downloadDir = join(requireCache(search.env), 'redis-binaries');
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
