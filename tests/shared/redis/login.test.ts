import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRedisLogin } from '../../../shared/redis/login.js';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'login-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function file(text: string): Promise<string> {
  const path = join(directory, 'file');
  await writeFile(path, text);
  return path;
}

describe('readRedisLogin()', () => {
  it('is empty when nothing is set', async () => {
    expect(await readRedisLogin({})).toEqual({});
  });

  it('takes the first line of the password file before the password', async () => {
    const redisPasswordFile = await file('\u{feff}from the file\r\nand more\n');

    expect(await readRedisLogin({ redisPassword: 'geheim' })).toEqual({ password: 'geheim' });
    expect(await readRedisLogin({ redisPassword: 'geheim', redisPasswordFile })).toEqual({
      password: 'from the file',
    });
  });

  it('reads certificates', async () => {
    const redisCa = await file('a certificate');

    expect(await readRedisLogin({ redisCa, redisCert: redisCa, redisKey: redisCa })).toEqual({
      certificates: { ca: 'a certificate', cert: 'a certificate', key: 'a certificate' },
    });
  });

  it.each([
    ['an empty password file', { redisPasswordFile: '/dev/null' }, 'REDIS_PASSWORD_FILE'],
    ['a missing password file', { redisPasswordFile: '/none' }, 'Cannot read REDIS_PASSWORD_FILE'],
    ['a missing authority', { redisCa: '/none' }, 'Cannot read COMIC_QUEUE_REDIS_CA: no such file'],
    ['a certificate without its key', { redisCert: '/none' }, 'go together'],
  ])('refuses %s with 78', async (_, settings, text) => {
    const reading = readRedisLogin(settings);

    await expect(reading).rejects.toMatchObject({ exitCode: 78 });
    await expect(reading).rejects.toThrow(text);
  });
});
