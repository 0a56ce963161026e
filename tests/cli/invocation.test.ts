import { describe, expect, it } from 'vitest';
import { type Caller, invocationOf } from '../../cli/invocation.js';
import { SETTINGS } from '../../cli/settings.js';

const DEFAULTS = { dataDir: SETTINGS.dataDir.fallback, redisUrl: undefined };

function caller(changes: Partial<Caller> = {}): Caller {
  return { path: '/usr/bin/comic-queue', environment: {}, directory: '/home/me', ...changes };
}

describe('invocationOf()', () => {
  it.each([
    ['an installed program', {}, 'comic-queue'],
    [
      'npx',
      { environment: { npm_command: 'exec', npm_lifecycle_event: 'npx' } },
      'npx comic-queue',
    ],
    ['a file below', { path: '/home/me/dist/cli/main.js' }, 'node dist/cli/main.js'],
    ['a file elsewhere', { path: '/app/dist/cli/main.js' }, 'node /app/dist/cli/main.js'],
    [
      'a script of another name',
      { environment: { npm_command: 'run', npm_lifecycle_event: 'test' } },
      'comic-queue',
    ],
  ])('knows %s', (_name, changes, program) => {
    expect(invocationOf(DEFAULTS, caller(changes))).toEqual({
      program,
      scripts: {},
      variables: [],
      options: [],
    });
  });

  it('knows the npm scripts, and calls the other commands with npx', () => {
    for (const npm_command of ['run', 'run-script']) {
      const environment = { npm_command, npm_lifecycle_event: 'producer' };

      const { program, scripts } = invocationOf(DEFAULTS, caller({ environment }));

      expect(program).toBe('npx comic-queue');
      expect(scripts).toMatchObject({ enqueue: 'npm run producer', work: 'npm run worker' });
    }
  });

  it('names a data directory that is not the default, from where the person is', () => {
    const configuration = { ...DEFAULTS, dataDir: 'my data' };
    const elsewhere = caller({ environment: { INIT_CWD: '/home/me/sub' } });

    expect(invocationOf(configuration, caller()).options).toEqual(['--data', 'my data']);
    expect(invocationOf(configuration, elsewhere).options).toEqual(['--data', '/home/me/my data']);
  });

  it('names a Redis of this shell, without its password, and none of .env', () => {
    const variablesOf = (url: string, environment: Record<string, string>) =>
      invocationOf({ ...DEFAULTS, redisUrl: url }, caller({ environment })).variables;
    const [plain, secret] = ['redis://10.0.0.5', 'redis://me:secret@10.0.0.5'];

    expect(variablesOf(plain, { REDIS_URL: plain })).toEqual(['REDIS_URL=redis://10.0.0.5']);
    expect(variablesOf(secret, { REDIS_URL: secret })).toEqual(['REDIS_URL="$REDIS_URL"']);
    expect(variablesOf(plain, {})).toEqual([]);
  });
});
