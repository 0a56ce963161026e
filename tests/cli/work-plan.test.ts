import { describe, expect, it } from 'vitest';
import { readConfiguration } from '../../cli/configuration.js';
import { newWorkerId, workerOptions } from '../../cli/work-plan.js';
import { createLogger } from '../../shared/base/logger.js';
import { queueOf } from '../../shared/queues/queue.js';

const OWN = {
  id: 'w1',
  address: { type: 'socket', path: '/run/redis.sock', db: 0, tls: false },
  queues: new Map([[queueOf('comic', false), 5]]),
  out: 'results',
  logger: createLogger('silent'),
} as const;

describe('workerOptions()', () => {
  const environment = { COMIC_QUEUE_SHUTDOWN_GRACE_MS: '7', COMIC_QUEUE_MAX_CONCURRENCY: '9' };
  const { configuration } = readConfiguration({ flags: {}, environment, file: {} });

  it("are what is configured, and what is the worker's own", () => {
    expect(workerOptions(configuration, OWN)).toMatchObject({
      ...OWN,
      graceMs: 7,
      concurrencyMax: 9,
      drain: false,
      sites: configuration.sites,
    });
  });

  it('are what the caller wants where it says so', () => {
    const options = workerOptions(configuration, { ...OWN, graceMs: 1, drain: true });

    expect(options).toMatchObject({ graceMs: 1, drain: true, concurrencyMax: 9 });
  });
});

describe('newWorkerId()', () => {
  it('is fit for the name of a file, and never used twice', () => {
    const ids = [newWorkerId('héllo wörld.local'), newWorkerId('..'), newWorkerId('x'.repeat(99))];

    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9][A-Za-z0-9.-]{0,60}$/);
    expect(ids[0]).toMatch(/^h-llo-w-rld\.local-\d+-[0-9a-f]{4}$/);
    expect(ids[1]).toMatch(/^worker-\d+-/);
    expect(newWorkerId('same')).not.toBe(newWorkerId('same'));
  });
});
