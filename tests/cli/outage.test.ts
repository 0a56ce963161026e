import { afterAll, beforeAll, expect, test } from 'vitest';
import { courseText } from '../../cli/run-waiting.js';
import { OPENS_AFTER_JOBS, recordFailure } from '../../shared/queues/circuit-breaker.js';
import { OUTCOMES, type Outcome } from '../../shared/base/outcome.js';
import type { QueuePause } from '../../shared/queues/queue-state.js';
import { startTestRedis, type TestRedis } from '../support/redis-server.js';
import { runCommandLine } from './command-line.js';

let redis: TestRedis;

beforeAll(async () => {
  redis = await startTestRedis(['--appendonly', 'yes']);
});

afterAll(async () => {
  await redis.stop();
});

test('status says that a site does not answer, and resume has it asked at once', async () => {
  const env = { REDIS_URL: redis.url };
  const failure = { reason: 'dns', probe: false, giveUpAfterMs: 60_000, random: 1 };
  for (let job = 1; job <= OPENS_AFTER_JOBS; job += 1) {
    await recordFailure(redis.connect(), 'comic', { ...failure, jobId: `r1.${job}` });
  }

  const shown = await runCommandLine(['status'], { env });
  const document = await runCommandLine(['status', '--json'], { env });
  await runCommandLine(['resume', 'comics'], { env });
  const after = await runCommandLine(['status', '--json'], { env });

  expect(shown.stdout).toMatch(
    /^! comics waits: the site does not answer \(dns\), asked again (in 1 s|now); comic-queue resume comics$/m,
  );
  expect(JSON.parse(document.stdout)).toMatchObject({
    queues: [{ queue: 'comics', pause: { by: 'outage', reason: 'dns' } }, {}, {}, {}, {}, {}],
  });
  expect(JSON.parse(after.stdout)).toMatchObject({
    queues: [{ queue: 'comics', pause: null }, {}, {}, {}, {}, {}],
  });
});

test.each<[QueuePause, string]>([
  [
    { by: 'outage', reason: 'timeout', leftMs: 12_000 },
    'the site does not answer (timeout), asked again in 12 s',
  ],
  [
    { by: 'outage', reason: 'timeout', leftMs: 0 },
    'the site does not answer (timeout), asked again now',
  ],
  [{ by: 'site', reason: 'throttled', leftMs: 45_000 }, 'paused for 45 s'],
  [{ by: 'person', reason: 'by a person', leftMs: undefined }, 'paused by hand'],
])('waiting for a run says what keeps it: %j', (pause, text) => {
  const none = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0]));
  const progress = {
    run: 7,
    state: 'sealed',
    done: 1,
    total: 2,
    outcomes: none as Record<Outcome, number>,
    ratePerSecond: 5,
    etaMs: 9000,
    workers: 1,
    strangers: 0,
    site: '',
    trackersPaused: false,
    pause,
  } as const;

  expect(courseText(progress)).toBe(text);
});
