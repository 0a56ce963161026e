import { execFile } from 'node:child_process';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CommandError } from '../../../shared/base/errors.js';
import {
  findServerBinary,
  INSTALLERS,
  onPath,
  type ServerBinary,
} from '../../../shared/embedded-redis/binary.js';
import {
  makeDataDir,
  removeDataDir,
  runCommand,
  startCommand,
  withRedis,
} from './embedded-command.js';

const REDIS_7 = 'Redis server v=7.0.15 sha=00000000:0 malloc=libc bits=64 build=1';
const REDIS_6_0 = 'Redis server v=6.0.16 sha=00000000:0 malloc=libc bits=64 build=1';
const VALKEY = 'Valkey server v=8.1.1 sha=00000000:0 malloc=libc bits=64 build=1';
const isRoot = process.getuid?.() === 0;

describe('the redis-server', () => {
  let place: string;
  let bin: string;
  let cache: string;
  let said: string[];

  beforeEach(async () => {
    place = await realpath(await mkdtemp(join(tmpdir(), 'binary-')));
    bin = join(place, 'bin');
    cache = join(place, 'cache');
    said = [];
    await mkdir(bin);
  });

  afterEach(async () => {
    await rm(place, { recursive: true, force: true });
  });

  const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    PATH: bin,
    HOME: place,
    XDG_CACHE_HOME: cache,
    ...more,
  });

  const find = async (env = environment()): Promise<ServerBinary> =>
    findServerBinary({ env, announce: (line) => said.push(line) }, INSTALLERS);

  const program = async (name: string, script: string): Promise<string> => {
    const path = join(bin, name);
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
    return path;
  };

  /** Like the real thing, one binary that is what it is called. */
  const manyNamed = async (path: string): Promise<void> => {
    await writeFile(
      path,
      `#!/bin/sh\ncase "$0" in */redis-server) echo '${REDIS_7}';; *) exit 1;; esac\n`,
    );
    await chmod(path, 0o755);
  };

  test('is the one that COMIC_QUEUE_REDIS_SERVER names, before any other', async () => {
    await program('redis-server', `echo '${REDIS_7}'`);
    const named = await program('mine', `echo '${VALKEY}'`);

    const binary = await find(environment({ COMIC_QUEUE_REDIS_SERVER: named }));

    expect(binary).toEqual({ path: named, major: 8, minor: 1 });
  });

  test('is refused when what is named is none', async () => {
    const named = await program('mine', 'echo hello');

    const finding = find(environment({ COMIC_QUEUE_REDIS_SERVER: named }));

    await expect(finding).rejects.toThrow(`${named} is not a redis-server`);
    await expect(finding).rejects.toMatchObject({ exitCode: 69 });
  });

  test.each([
    ['redis-server', REDIS_7, 7],
    ['valkey-server', VALKEY, 8],
  ])('is %s on PATH', async (name, version, major) => {
    const path = await program(name, `echo '${version}'`);

    expect(await find()).toMatchObject({ path, major });
    expect(said).toEqual([]);
  });

  test('is Valkey where the Redis is too old', async () => {
    await program('redis-server', `echo '${REDIS_6_0}'`);
    const valkey = await program('valkey-server', `echo '${VALKEY}'`);

    expect(await find()).toMatchObject({ path: valkey });
  });

  test('is an old Redis only where no other can be had, and that is said', async () => {
    const path = await program('redis-server', `echo '${REDIS_6_0}'`);

    expect(await find()).toMatchObject({ path, major: 6, minor: 0 });
    expect(said).toEqual([`Using ${path}, Redis 6.0: BullMQ advises 6.2 or newer.`]);
  });

  test('is a link to redis-check-rdb where only redis-tools is installed', async () => {
    await manyNamed(join(bin, 'redis-check-rdb'));

    const binary = await find();

    expect(binary).toMatchObject({ path: join(cache, 'comic-queue', 'redis-server'), major: 7 });
    expect((await lstat(binary.path)).isSymbolicLink()).toBe(true);
    expect(said).toEqual([]);
  });

  test('is the link that was made before', async () => {
    const target = join(place, 'elsewhere');
    await manyNamed(target);
    await mkdir(join(cache, 'comic-queue'), { recursive: true });
    await symlink(target, join(cache, 'comic-queue', 'redis-server'));

    expect(await find()).toMatchObject({ path: join(cache, 'comic-queue', 'redis-server') });
  });

  test.runIf(isRoot)('is installed with apt-get, after an update where it is unknown', async () => {
    const tool = join(place, 'redis-check-rdb');
    await manyNamed(tool);
    await program(
      'apt-get',
      `echo "$DEBIAN_FRONTEND $*" >> ${place}/calls
       case "$1" in
         update) /bin/touch ${place}/lists;;
         install) [ -e ${place}/lists ] || { echo 'E: Unable to locate package'; exit 100; }
                  /bin/ln -s ${tool} ${bin}/redis-check-rdb;;
       esac`,
    );

    const binary = await find();

    const install = 'noninteractive install -y --no-install-recommends redis-tools';
    const calls = await readFile(join(place, 'calls'), 'utf8');
    expect(calls).toBe(`${install}\nnoninteractive update\n${install}\n`);
    expect(binary.path).toBe(join(cache, 'comic-queue', 'redis-server'));
    expect(said).toEqual([expect.stringMatching(/^Installing redis-tools with apt-get \(once\)/)]);
  });

  test('is missed with every refusal and what to do', async () => {
    await program('apt-get', 'echo "E: no network"; exit 100');

    const error: unknown = await find().catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(CommandError);
    expect(error).toMatchObject({ exitCode: 69 });
    const { message } = error as CommandError;
    expect(message).toContain(isRoot ? 'apt-get cannot install redis-tools: E: no network.' : '');
    expect(message).toContain('without make and a C compiler.');
    expect(message).toMatch(/Install one \(.*\), or set REDIS_URL\.$/);
  });

  test('is compiled by redis-memory-server, once', async (context) => {
    const make = await onPath('make', process.env);
    const compiler = await onPath('cc', process.env);
    context.skip(make === undefined || compiler === undefined, 'no make, or no C compiler');
    // The package unpacks an archive that is there already: this one "compiles" to a script.
    const downloads = join(cache, 'comic-queue', 'redis-binaries');
    const source = join(place, 'source', 'redis-stable');
    await mkdir(downloads, { recursive: true });
    await mkdir(join(source, 'src'), { recursive: true });
    await writeFile(join(source, 'Makefile'), 'all:\n\tcp server src/redis-server\n');
    await writeFile(join(source, 'server'), `#!/bin/sh\necho '${REDIS_7}'\n`, { mode: 0o755 });
    const archive = join(downloads, 'redis-stable.tar.gz');
    await promisify(execFile)('tar', [
      '-czf',
      archive,
      '-C',
      join(place, 'source'),
      'redis-stable',
    ]);
    if (make !== undefined) await symlink(make, join(bin, 'make'));

    const first = await find();
    const second = await find();

    expect(first).toMatchObject({ path: join(cache, 'comic-queue', 'redis-server'), major: 7 });
    expect(second).toEqual(first);
    expect(said).toEqual([expect.stringMatching(/^Compiling Redis with redis-memory-server/)]);
  });

  test.runIf(isRoot)('is installed once for commands that start together', async () => {
    const real = await findServerBinary(
      { env: process.env, announce: () => undefined },
      INSTALLERS,
    );
    await program(
      'apt-get',
      `echo "$1" >> ${place}/calls; /bin/sleep 0.3
       /bin/ln -s ${await realpath(real.path)} ${bin}/redis-check-rdb`,
    );
    const dataDir = await makeDataDir();
    const env = environment({
      PATH: [bin, '/nonexistent'].join(delimiter),
      COMIC_QUEUE_REDIS_SERVER: '',
    });

    const [command, other] = await Promise.all([
      startCommand(dataDir, { env }),
      startCommand(dataDir, { env }),
    ]);
    const late = await runCommand(dataDir, { env });

    expect(await withRedis(command.socketPath, (redis) => redis.ping())).toBe('PONG');
    expect(await readFile(join(place, 'calls'), 'utf8')).toBe('install\n');
    expect(command.stderr()).toContain('Installing redis-tools with apt-get (once)');
    expect(late.stderr).toBe('');
    await Promise.all([command.end(), other.end()]);
    await removeDataDir(dataDir);
  });
});
