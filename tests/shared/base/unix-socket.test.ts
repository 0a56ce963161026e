import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  connectSocket,
  shortDirectory,
  shortSocketPath,
} from '../../../shared/base/unix-socket.js';

let place: string;
let deep: string;

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'unix-socket-'));
  deep = join(place, 'd'.repeat(120));
  await mkdir(deep);
});

afterEach(async () => {
  await rm(place, { recursive: true });
});

describe('shortSocketPath()', () => {
  test('is the path itself where it fits', () => {
    expect(shortSocketPath(join(place, 'socket'))).toBe(join(place, 'socket'));
  });

  test('keeps sockets apart whose paths begin with the same hundred bytes', async () => {
    const twin = `${deep}-twin`;
    await mkdir(twin);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(shortSocketPath(join(deep, 's')), resolve));

    const reached = await connectSocket(shortSocketPath(join(deep, 's')));
    const other = await connectSocket(shortSocketPath(join(twin, 's')));

    expect(reached.kind).toBe('connected');
    expect(other.kind).toBe('absent');
    expect(existsSync(join(deep, 's'))).toBe(true);
    if (reached.kind === 'connected') reached.socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  test('takes one descriptor a directory', () => {
    expect(shortSocketPath(join(deep, 'a'))).toBe(
      shortSocketPath(join(deep, 'b')).replace(/b$/, 'a'),
    );
  });

  test('throws where the directory is missing', () => {
    expect(() => shortSocketPath(join(deep, 'missing', 's'))).toThrow('ENOENT');
  });
});

describe('shortDirectory()', () => {
  test.runIf(process.platform === 'linux')('follows a directory that is renamed', async () => {
    const short = shortDirectory(deep);
    await rename(deep, `${deep}-renamed`);

    await writeFile(join(short, 'file'), 'text');

    expect(await readFile(join(`${deep}-renamed`, 'file'), 'utf8')).toBe('text');
  });

  test('is a link to a long path where there is no /proc', async () => {
    const short = shortDirectory(deep, 'darwin');
    await writeFile(join(short, 'file'), 'text');

    expect(short.length).toBeLessThan(40);
    expect(await readFile(join(deep, 'file'), 'utf8')).toBe('text');
    expect(shortDirectory('/tmp', 'darwin')).toBe('/tmp');
    process.listeners('exit').at(-1)?.(0);
    expect(existsSync(dirname(short))).toBe(false);
  });
});

describe('connectSocket()', () => {
  test('says that no process listens', async () => {
    await writeFile(join(place, 'file'), '');

    expect(await connectSocket(join(place, 'file'))).toEqual({ kind: 'refused' });
    expect(await connectSocket(join(place, 'none'))).toEqual({ kind: 'absent' });
  });

  test('connects; an error later only closes the socket', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(place, 's'), resolve));

    const reached = await connectSocket(join(place, 's'));

    if (reached.kind !== 'connected') throw new Error(reached.kind);
    const closed = new Promise((resolve) => reached.socket.once('close', resolve));
    reached.socket.destroy(new Error('the connection broke'));
    expect(await closed).toBe(true);
    server.close();
  });

  test('throws any other error', async () => {
    await writeFile(join(place, 'file'), '');

    await expect(connectSocket(join(place, 'file', 's'))).rejects.toThrow('ENOTDIR');
  });
});
