import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readConfiguration, readEnvironmentFile, type Sources } from '../../cli/configuration.js';
import { CommandError, EXIT } from '../../shared/base/errors.js';

function read(sources: Partial<Sources>) {
  return readConfiguration({ flags: {}, environment: {}, file: {}, ...sources });
}

function refusalOf(sources: Partial<Sources>): CommandError {
  try {
    read(sources);
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
  throw new Error('It was accepted');
}

describe('readConfiguration() takes', () => {
  test('the defaults when nothing is said', () => {
    const { configuration, warnings } = read({});

    expect(configuration).toMatchObject({
      dataDir: './data',
      outDir: undefined,
      redisUrl: undefined,
      logLevel: 'info',
      processes: 1,
      durability: 'full',
      giveUpAfterMs: 86_400_000,
      lockMs: 10_000,
      shutdownGraceMs: 25_000,
      host: '127.0.0.1',
      port: 3000,
      writable: false,
      allowedHosts: [],
      basePath: '/',
      trustedProxies: [],
    });
    expect(configuration.sites.comic?.url).toBe('https://xkcd.com/{id}/info.0.json');
    expect(warnings).toEqual([]);
  });

  test('a flag before the environment, and the environment before .env', () => {
    const file = { PORT: '1', COMIC_QUEUE_HOST: 'file', COMIC_QUEUE_OUT: 'file' };
    const environment = { PORT: '2', COMIC_QUEUE_HOST: 'environment' };

    const { configuration } = read({ file, environment, flags: { port: '3' } });

    expect(configuration).toMatchObject({ port: 3, host: 'environment', outDir: 'file' });
  });

  test('an empty variable as one that is not set', () => {
    const { configuration } = read({
      environment: { COMIC_QUEUE_PASSWORD: '', REDIS_URL: '', COMIC_QUEUE_COMIC_URL: '' },
      file: { COMIC_QUEUE_PASSWORD: 'from the file' },
    });

    expect(configuration.password).toBe('from the file');
    expect(configuration.redisUrl).toBeUndefined();
  });

  test('names of hosts as a list', () => {
    const { configuration } = read({ flags: { allowedHosts: 'a.example, b.example,' } });

    expect(configuration.allowedHosts).toEqual(['a.example', 'b.example']);
  });

  test('names of hosts as browsers send them, and without their ports', () => {
    const allowedHosts = 'Board.example:8443, bücher.example, [::1]:3000, 2001:db8::1, 192.0.2.1';

    expect(read({ flags: { allowedHosts } }).configuration.allowedHosts).toEqual([
      'board.example',
      'xn--bcher-kva.example',
      '[::1]',
      '[2001:db8::1]',
      '192.0.2.1',
    ]);
  });

  test('the path and the proxies of a dashboard', () => {
    const flags = { basePath: '/queue/', trustedProxies: 'loopback,10.0.0.0/8,fd00::1' };
    const { configuration } = read({ flags });

    expect(configuration.basePath).toBe('/queue');
    expect(configuration.trustedProxies).toEqual(['loopback', '10.0.0.0/8', 'fd00::1']);
  });

  test.each([
    [{ basePath: 'queue' }, 'must be a path that begins with a slash'],
    [{ basePath: '/a//b' }, 'must be a path'],
    [{ trustedProxies: 'nginx.example' }, 'must be addresses'],
    [{ trustedProxies: '10.0.0.0/33' }, 'must be addresses'],
  ])('refuses %o', (flags, problem) => {
    expect(() => read({ flags })).toThrow(problem);
  });
});

describe('readConfiguration() refuses', () => {
  test('everything that is wrong at once, with the code for bad configuration', () => {
    const refusal = refusalOf({
      flags: { port: 'x' },
      environment: { COMIC_QUEUE_LOCK_MS: '1', COMIC_QUEUE_COMIC_URL: 'http://example.com/{id}' },
    });

    expect(refusal.exitCode).toBe(EXIT.badConfig);
    expect(refusal.message).toBe(
      [
        'Cannot use this configuration:',
        '  --port must be a whole number from 0 to 65535, got "x"',
        '  COMIC_QUEUE_LOCK_MS must be a whole number from 500 to 600000, got "1"',
        '  COMIC_QUEUE_COMIC_URL: http is only for this machine; use https',
      ].join('\n'),
    );
  });

  test('with the rest what a worker reads only later, unless it is a flag', () => {
    const environment = {
      COMIC_QUEUE_RATE: '10',
      COMIC_QUEUE_CONCURRENCY: 'many',
      COMIC_QUEUE_KINDS: 'comcs',
      PORT: 'x',
    };

    const { exitCode, message } = refusalOf({ environment });

    expect(exitCode).toBe(EXIT.badConfig);
    expect(message.split('\n')).toEqual([
      'Cannot use this configuration:',
      '  PORT must be a whole number from 0 to 65535, got "x"',
      expect.stringMatching(/^ {2}COMIC_QUEUE_CONCURRENCY: Cannot read the concurrency "many": /),
      expect.stringMatching(/^ {2}COMIC_QUEUE_RATE: Cannot read the rate "10": write 10\/s, /),
      expect.stringMatching(/^ {2}COMIC_QUEUE_KINDS: There is no kind "comcs": .* comics\?$/),
    ]);
    expect(read({ environment: { COMIC_QUEUE_RATE: '10' }, flags: { rates: '10' } })).toBeTruthy();
  });

  test('flags alone as bad usage, on one line', () => {
    const refusal = refusalOf({ flags: { giveUpAfterMs: 'never' } });

    expect(refusal.exitCode).toBe(EXIT.usage);
    expect(refusal.message).toBe(
      'Cannot use this configuration: --give-up-after must be a time such as 90s, 15m, 24h or 7d, got "never"',
    );
  });

  test.each(['https://board.example', 'board.example/path', '*.example', 'a b', 'x:99999'])(
    '%s as the name of a host',
    (allowedHosts) => {
      expect(refusalOf({ flags: { allowedHosts } }).message).toBe(
        `Cannot use this configuration: --allow-host must be names such as board.example, separated by commas, got "${allowedHosts}"`,
      );
    },
  );

  test('a bad site alone', () => {
    const refusal = refusalOf({ file: { COMIC_QUEUE_SEARCH_URL: 'https://example.com/' } });

    expect(refusal.exitCode).toBe(EXIT.badConfig);
    expect(refusal.message).toBe(
      'Cannot use this configuration: COMIC_QUEUE_SEARCH_URL: it must hold {term}',
    );
  });

  test('a contact that cannot stand in a header', () => {
    const refusal = refusalOf({ environment: { COMIC_QUEUE_CONTACT: 'me\r\nX-Evil: 1' } });

    expect(refusal.message).toContain('COMIC_QUEUE_CONTACT must be at most 200 plain characters');
    expect(refusal.message).not.toContain('\r');
  });
});

describe('readConfiguration() warns', () => {
  test('of a variable that means nothing, with the nearest that does', () => {
    const { warnings } = read({ environment: { COMIC_QUEUE_LOK_MS: '1', OTHER: '1' } });

    expect(warnings).toEqual([
      'COMIC_QUEUE_LOK_MS is set but means nothing here. Did you mean COMIC_QUEUE_LOCK_MS?',
    ]);
  });

  test('of nothing that the embedded Redis reads by itself', () => {
    const { warnings } = read({ environment: { COMIC_QUEUE_EMBEDDED_IDLE_MS: '1' } });

    expect(warnings).toEqual([]);
  });
});

test('a `.env` that an editor saved with a byte order mark, or in UTF-16, is read', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'cq-env-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const text = '\ufeffPORT=4000\nCOMIC_QUEUE_KINDS=comics\n';

  const found = [];
  for (const encoding of ['utf8', 'utf16le'] as const) {
    await writeFile(join(directory, '.env'), text, encoding);
    found.push(await readEnvironmentFile(directory));
  }

  const expected = { PORT: '4000', COMIC_QUEUE_KINDS: 'comics' };
  expect(found).toEqual([expected, expected]);
});
