/** Programs of others that the benchmark uses where they are installed. */

import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { findServerBinary, INSTALLERS } from '../../shared/embedded-redis/binary.js';
import type { Missing } from './figures.js';
import { PROJECT } from './project.js';

const run = promisify(execFile);

export interface Tool {
  readonly path: string;
  readonly versionArgs: readonly string[];
}

export interface Tools {
  readonly redis: Tool;
  readonly nginx: Tool | undefined;
  readonly curl: Tool | undefined;
  readonly aria2: Tool | undefined;
  /** Pythons that can import what the peer needs. */
  readonly aiohttp: Tool | undefined;
  readonly celery: Tool | undefined;
  readonly scrapy: Tool | undefined;
  readonly rq: Tool | undefined;
  /** Packages of npm that are no dependencies, in the folder where `.ci/bench` installs them. */
  readonly crawlee: NpmPeer | undefined;
  readonly beeQueue: NpmPeer | undefined;
}

export interface NpmPeer extends Tool {
  readonly folder: string;
}

/** Not above the compiled benchmark, which would then find the peers' own got before the project's. */
const NPM_PEERS = join(PROJECT, 'dist/bench-peers');

/** Debian keeps servers where not everybody's PATH looks. */
const ALSO_LOOKED_AT = ['/usr/sbin', '/usr/local/sbin', '/usr/bin'];

/** Finds what there is; only a Redis is needed, and provided the way the program itself does it. */
export async function findTools(announce: (line: string) => void): Promise<Tools> {
  const redis = await findServerBinary({ env: process.env, announce }, INSTALLERS);
  return {
    redis: { path: redis.path, versionArgs: ['--version'] },
    nginx: await findTool('nginx', ['-v']),
    curl: await findTool('curl', ['--version']),
    aria2: await findTool('aria2c', ['--version']),
    aiohttp: await findPython('aiohttp'),
    celery: await findPython('celery', 'redis', 'requests'),
    scrapy: await findPython('scrapy'),
    rq: await findPython('rq', 'redis', 'requests'),
    crawlee: await findNpmPeer('@crawlee/http'),
    beeQueue: await findNpmPeer('bee-queue'),
  };
}

/** The programs without a queue that are not here, named. */
export function missingPeers({ curl, aria2, aiohttp }: Tools): Missing[] {
  return missingOf([
    { what: 'the aiohttp program', tool: aiohttp, why: 'no python3 can import aiohttp' },
    { what: 'curl --parallel', tool: curl, why: 'curl is not installed' },
    { what: 'aria2c', tool: aria2, why: 'aria2c is not installed' },
  ]);
}

/** The queues that are not here, named. */
export function missingQueues({ celery, scrapy, rq, crawlee, beeQueue }: Tools): Missing[] {
  const notImported = 'no python3 can import it, redis and requests';
  const notInstalled = '.ci/bench installs it, no other command does';
  return missingOf([
    { what: 'Celery', tool: celery, why: notImported },
    { what: 'Scrapy', tool: scrapy, why: 'no python3 can import it' },
    { what: 'RQ', tool: rq, why: notImported },
    { what: 'Crawlee', tool: crawlee, why: notInstalled },
    { what: 'Bee-Queue', tool: beeQueue, why: notInstalled },
  ]);
}

function missingOf(peers: readonly (Missing & { readonly tool: Tool | undefined })[]): Missing[] {
  return peers.flatMap(({ what, tool, why }) => (tool === undefined ? [{ what, why }] : []));
}

async function findTool(name: string, versionArgs: readonly string[]): Promise<Tool | undefined> {
  const [path] = await allOnPath(name);
  return path === undefined ? undefined : { path, versionArgs };
}

/** A Python that can import the package and what its program imports besides. */
async function findPython(name: string, ...others: string[]): Promise<Tool | undefined> {
  const imports = ['sys', name, ...others].join(', ');
  const say = `import ${imports}; print(f"${name} {${name}.__version__}, Python {sys.version}")`;
  const versionArgs = ['-c', say];
  for (const path of await allOnPath('python3')) {
    const imported = await run(path, versionArgs).catch(() => undefined);
    if (imported !== undefined) return { path, versionArgs };
  }
  return undefined;
}

async function findNpmPeer(name: string): Promise<NpmPeer | undefined> {
  const manifest = join(NPM_PEERS, 'node_modules', name, 'package.json');
  const versionArgs = ['-p', `"${name} " + require(${JSON.stringify(manifest)}).version`];
  return access(manifest).then(
    () => ({ path: process.execPath, versionArgs, folder: NPM_PEERS }),
    () => undefined,
  );
}

async function allOnPath(name: string): Promise<string[]> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).concat(ALSO_LOOKED_AT);
  const found: string[] = [];
  for (const folder of new Set(folders)) {
    const path = join(folder, name);
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) found.push(path);
  }
  return found;
}
