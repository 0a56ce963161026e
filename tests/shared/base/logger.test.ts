import { spawnSync } from 'node:child_process';
import { describe, expect, it, vi } from 'vitest';
import { createLogger, RateLimitedLog } from '../../../shared/base/logger.js';
import { PROJECT_ROOT } from '../../support/project-root.js';

const PROGRAM = `
import { createLogger } from '${PROJECT_ROOT}/dist/shared/base/logger.js';
const logger = createLogger('info').child({ jobId: 'r7.1' });
logger.debug('not asked for');
logger.info({ password: 'geheim', redis: { password: 'geheim' }, durationMs: 3 }, 'Stored');
process.kill(process.pid, 'SIGKILL');
`;

describe('createLogger()', () => {
  it('writes whole lines to stderr at once, without passwords', () => {
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', PROGRAM], {
      encoding: 'utf8',
    });

    expect(stdout).toBe('');
    expect(stderr).not.toContain('geheim');
    expect(JSON.parse(stderr)).toMatchObject({
      level: 30,
      jobId: 'r7.1',
      password: '[hidden]',
      redis: { password: '[hidden]' },
      durationMs: 3,
      msg: 'Stored',
    });
  });

  it('hands its lines over where a person reads along', () => {
    const lines: string[] = [];

    createLogger('warn', (line) => lines.push(line)).warn({ password: 'geheim' }, 'Careful');

    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
      { level: 40, password: '[hidden]', msg: 'Careful' },
    ]);
  });

  it('adds the fields of the moment to each line', () => {
    const lines: string[] = [];
    let trace = 'a1';
    const log = createLogger(
      'info',
      (line) => lines.push(line),
      () => ({ trace_id: trace }),
    );

    log.info('Fetched');
    trace = 'b2';
    log.info('Stored');

    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
      { trace_id: 'a1', msg: 'Fetched' },
      { trace_id: 'b2', msg: 'Stored' },
    ]);
  });

  it('can be told to be silent', () => {
    expect(createLogger('silent').level).toBe('silent');
  });
});

describe('a rate-limited log', () => {
  it('writes a line a second, says how many it left out, and never leaves out what must be seen', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const lines: string[] = [];
    const log = new RateLimitedLog(createLogger('info', (line) => lines.push(line)));

    for (const job of [1, 2, 3]) log.warn('Trouble', { job });
    log.always('A change', {});
    log.info('All is well', {});
    vi.advanceTimersByTime(1000);
    log.warn('Trouble', { job: 4 });
    vi.useRealTimers();

    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
      { msg: 'Trouble', job: 1 },
      { level: 40, msg: 'A change' },
      { level: 30, msg: 'All is well' },
      { msg: 'Trouble', job: 4, leftOut: 2 },
    ]);
  });
});
