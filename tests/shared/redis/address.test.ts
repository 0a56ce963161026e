import { describe, expect, it } from 'vitest';
import { CommandError, EXIT } from '../../../shared/base/errors.js';
import { describeAddress, parseRedisAddress } from '../../../shared/redis/address.js';

describe('parseRedisAddress()', () => {
  it.each([
    ['redis://localhost', { type: 'single', host: 'localhost', port: 6379, db: 0, tls: false }],
    [
      'redis://10.0.0.7:6380/3',
      { type: 'single', host: '10.0.0.7', port: 6380, db: 3, tls: false },
    ],
    ['redis://[::1]:6380', { type: 'single', host: '::1', port: 6380, db: 0, tls: false }],
    [
      'rediss://anna:p%40ss:word@redis.invalid',
      {
        type: 'single',
        host: 'redis.invalid',
        port: 6379,
        db: 0,
        tls: true,
        username: 'anna',
        password: 'p@ss:word',
      },
    ],
    [
      'redis://:secret@redis.invalid/',
      { type: 'single', host: 'redis.invalid', port: 6379, db: 0, tls: false, password: 'secret' },
    ],
    ['redis://@localhost', { type: 'single', host: 'localhost', port: 6379, db: 0, tls: false }],
    ['unix:///run/redis.sock', { type: 'socket', path: '/run/redis.sock', db: 0, tls: false }],
    [
      'unix://anna:p%40ss@/run/my%20redis%3F.sock?db=3',
      {
        type: 'socket',
        path: '/run/my redis?.sock',
        db: 3,
        tls: false,
        username: 'anna',
        password: 'p@ss',
      },
    ],
    [
      'redis+sentinel://a,b:26380/main/2',
      {
        type: 'sentinel',
        master: 'main',
        db: 2,
        tls: false,
        sentinels: [
          { host: 'a', port: 26_379 },
          { host: 'b', port: 26_380 },
        ],
      },
    ],
    [
      'rediss+sentinel://:secret@a/main',
      {
        type: 'sentinel',
        master: 'main',
        db: 0,
        tls: true,
        password: 'secret',
        sentinels: [{ host: 'a', port: 26_379 }],
      },
    ],
    [
      'redis+cluster://a:7000,b',
      {
        type: 'cluster',
        tls: false,
        nodes: [
          { host: 'a', port: 7000 },
          { host: 'b', port: 6379 },
        ],
      },
    ],
  ])('reads %s', (url, address) => {
    expect(parseRedisAddress(url)).toEqual(address);
  });

  it.each([
    ['', 'none of the known forms'],
    ['redis://localhost:6379?x=1', 'none of the known forms'],
    ['localhost:6379', 'none of the known forms'],
    ['http://:secret@localhost', 'none of the known forms'],
    ['redis://:secret@a,b', 'more than one host'],
    ['redis://:secret@a:0', 'a host and port in it cannot be read'],
    ['redis://:secret@a:65536', 'a host and port in it cannot be read'],
    ['redis://:secret@a:b:c', 'a host and port in it cannot be read'],
    ['redis://:secret@a/db', 'its database is not a number'],
    ['redis://:secret%@a', 'not percent-encoded correctly'],
    ['redis+sentinel://:secret@a', 'needs the name of the master'],
    ['redis+cluster://:secret@a/1', 'a cluster has no database but 0'],
    ['redis://anna:sec@ret@secret', 'none of the known forms'],
    ['unix://:secret@run/redis.sock', 'none of the known forms'],
    ['unix://:sec@secret@/run/redis.sock', 'none of the known forms'],
    ['unix:///run/redis.sock?password=secret', 'none of the known forms'],
    ['unix://:secret@/run/redis.sock?db=secret', 'its database is not a number'],
    ['unix://:secret@/run/%', 'its path is not percent-encoded correctly'],
  ])('refuses %j without repeating the password', (url, fact) => {
    const refused = refusalOf(url);

    expect(refused?.exitCode).toBe(EXIT.badConfig);
    expect(refused?.message).toContain(fact);
    expect(refused?.message).not.toContain('secret');
  });
});

describe('parseRedisAddress() with a login', () => {
  const certificates = { ca: 'CA' };
  const login = { password: 'secret', sentinelUsername: 's', sentinelPassword: 'sp', certificates };

  it('takes a password, and certificates where there is TLS', () => {
    expect(parseRedisAddress('redis://a', login)).toMatchObject({ password: 'secret' });
    expect(parseRedisAddress('redis://a', login)).not.toHaveProperty('certificates');
    expect(parseRedisAddress('rediss://a', login)).toMatchObject({ certificates });
  });

  it('prefers the password of the URL', () => {
    expect(parseRedisAddress('redis://:own@a', login)).toMatchObject({ password: 'own' });
  });

  it('logs in to sentinels with a password of theirs', () => {
    expect(parseRedisAddress('redis+sentinel://a/main', login)).toMatchObject({
      password: 'secret',
      sentinelUsername: 's',
      sentinelPassword: 'sp',
    });
    expect(parseRedisAddress('redis://a', login)).not.toHaveProperty('sentinelPassword');
  });
});

function refusalOf(url: string): CommandError | undefined {
  try {
    parseRedisAddress(url);
    return undefined;
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
}

describe('describeAddress()', () => {
  it.each([
    ['redis://anna:secret@localhost:6380/1', 'localhost:6380'],
    ['unix://anna:secret@/run/redis.sock?db=1', '/run/redis.sock'],
    ['redis+sentinel://:secret@a,b:1/main', 'master main by a:26379,b:1'],
    ['redis+cluster://:secret@a:7000,b:7001', 'cluster a:7000,b:7001'],
  ])('of %s is %s', (url, shown) => {
    expect(describeAddress(parseRedisAddress(url))).toBe(shown);
  });
});
