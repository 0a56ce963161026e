/** Programs of others that the benchmark uses where they are installed. */

import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { findServerBinary, INSTALLERS } from '../../shared/embedded-redis/binary.js';
import type { Missing } from './figures.js';

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
  /** A Python that can import aiohttp. */
  readonly aiohttp: Tool | undefined;
}

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
    aiohttp: await findAiohttp(),
  };
}

/** The peers that are not here, named. */
export function missingPeers({ curl, aria2, aiohttp }: Tools): Missing[] {
  const peers = [
    { what: 'the aiohttp program', tool: aiohttp, why: 'no python3 can import aiohttp' },
    { what: 'curl --parallel', tool: curl, why: 'curl is not installed' },
    { what: 'aria2c', tool: aria2, why: 'aria2c is not installed' },
  ];
  return peers.flatMap(({ what, tool, why }) => (tool === undefined ? [{ what, why }] : []));
}

async function findTool(name: string, versionArgs: readonly string[]): Promise<Tool | undefined> {
  const [path] = await allOnPath(name);
  return path === undefined ? undefined : { path, versionArgs };
}

async function findAiohttp(): Promise<Tool | undefined> {
  const say = 'import sys, aiohttp; print(f"aiohttp {aiohttp.__version__}, Python {sys.version}")';
  const versionArgs = ['-c', say];
  for (const path of await allOnPath('python3')) {
    const imported = await run(path, versionArgs).catch(() => undefined);
    if (imported !== undefined) return { path, versionArgs };
  }
  return undefined;
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
