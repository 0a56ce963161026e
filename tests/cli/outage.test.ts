import { afterAll, beforeAll, expect, test } from 'vitest';
import { courseText, StandstillNotes } from '../../cli/run-waiting.js';
import type { RunProgress } from '../../producer/wait.js';
import { OPENS_AFTER_JOBS, recordFailure } from '../../shared/queues/circuit-breaker.js';
import { OUTCOMES, type Outcome } from '../../shared/base/outcome.js';
import { queueOf, QUEUES } from '../../shared/queues/queue.js';
import { pauseStandstill, type Standstill } from '../../shared/report/standstill.js';
import { startTestRedis, type TestRedis } from '../support/redis-server.js';
import { runInProcess } from './command-line.js';

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

  const shown = await runInProcess(['status'], { env });
  const document = await runInProcess(['status', '--json'], { env });
  await runInProcess(['resume', 'comics'], { env });
  const after = await runInProcess(['status', '--json'], { env });

  expect(shown.stdout).toMatch(
    /^! comics waits: the site does not answer \(dns\), asked again (in 1 s|now)\. Have it asked now: .*comic-queue resume comics$/m,
  );
  const others = QUEUES.slice(1).map(() => ({}));
  expect(JSON.parse(document.stdout)).toMatchObject({
    queues: [{ queue: 'comics', pause: { by: 'outage', reason: 'dns' } }, ...others],
  });
  expect(JSON.parse(after.stdout)).toMatchObject({
    queues: [{ queue: 'comics', pause: null }, ...others],
  });
});

const NONE = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;

const PROGRESS: RunProgress = {
  run: 7,
  state: 'sealed',
  done: 1,
  total: 2,
  outcomes: NONE,
  ratePerSecond: 5,
  etaMs: 9000,
  standstills: [],
};

const PAUSED = pauseStandstill(queueOf('comic', false), {
  by: 'person',
  reason: 'by hand',
  leftMs: undefined,
});

test('waiting for a run says how fast it goes, or what keeps it', () => {
  const paused = { ...PROGRESS, standstills: [PAUSED], ratePerSecond: undefined, etaMs: undefined };

  expect(courseText(PROGRESS)).toBe('5.00 jobs/s, 9 s left');
  expect(courseText({ ...paused, outcomes: { ...NONE, invalid: 2 } })).toBe(
    'paused by hand, 2 failed',
  );
});

test('what keeps a run is said once, with what ends it, and again when it comes again', () => {
  const lines: string[] = [];
  const notes = new StandstillNotes({ note: (line) => lines.push(line) });
  const brief: Standstill = { ...PAUSED, why: 'site-paused', endsInMs: 2000 };

  for (const standstills of [[PAUSED], [PAUSED, brief], [], [PAUSED]])
    notes.show('run-7', standstills);

  const line = 'run-7: comics is paused by hand. Go on with: comic-queue resume comics';
  expect(lines).toEqual([line, line]);
});
