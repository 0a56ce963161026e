import { expect, test } from 'vitest';
import { findingsOf, parseInfo } from '../../../shared/redis/server-check.js';

const WELL =
  '# Server\r\nredis_version:7.0.15\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\n';

function levelsOf(info: string): string[] {
  return findingsOf(parseInfo(info)).map(({ about, level }) => `${about} ${level}`);
}

test('findingsOf() has nothing to say of a server that keeps what it is given', () => {
  expect(levelsOf(WELL)).toEqual(['version ok', 'eviction ok', 'persistence ok']);
});

test.for([
  ['6.2.0', 'ok'],
  ['6.0.16', 'fail'],
  ['5.0.14', 'fail'],
  ['8.2.1', 'ok'],
  ['', 'fail'],
] as const)('findingsOf() version %s: %s', ([version, level]) => {
  expect(levelsOf(WELL.replace('7.0.15', version))).toContain(`version ${level}`);
});

test('findingsOf() refuses a server that throws out keys, and warns of one that would', () => {
  const evicting = WELL.replace('noeviction', 'allkeys-lru');

  expect(levelsOf(evicting)).toContain('eviction warn');
  expect(levelsOf(evicting.replace('maxmemory:0', 'maxmemory:1048576'))).toContain('eviction fail');
});

test('findingsOf() warns of a server that is full', () => {
  const limited = `${WELL.replace('maxmemory:0', 'maxmemory:1000')}used_memory:`;

  expect(levelsOf(`${limited}1000\r\n`)).toContain('memory warn');
  expect(levelsOf(`${limited}999\r\n`)).not.toContain('memory warn');
});

test('findingsOf() warns of a server without an append-only file', () => {
  expect(levelsOf(WELL.replace('aof_enabled:1', 'aof_enabled:0'))).toContain('persistence warn');
});

test('findingsOf() warns of a replica, and says nothing of a primary', () => {
  expect(levelsOf(`${WELL}role:slave\r\n`)).toContain('role warn');
  expect(levelsOf(`${WELL}role:master\r\n`)).not.toContain('role warn');
});

test('findingsOf() refuses a sentinel, whatever else it says', () => {
  expect(findingsOf({ redis_version: '7.0.15', redis_mode: 'sentinel' })).toEqual([
    {
      about: 'role',
      level: 'fail',
      text: expect.stringContaining('redis+sentinel://host:26379/master-name') as string,
    },
  ]);
});

test('findingsOf() calls Valkey by its name', () => {
  const [finding] = findingsOf(parseInfo(`${WELL}valkey_version:9.1.0\r\n`));

  expect(finding).toEqual({ about: 'version', level: 'ok', text: 'Valkey 9.1.0' });
});
