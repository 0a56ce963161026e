import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Panel } from '../../dashboard/live/panel.js';
import { createLogger } from '../../shared/base/logger.js';
import { listWorkers } from '../../shared/queues/heartbeat.js';
import { runInProcess } from '../cli/command-line.js';
import { until } from '../support/condition.js';
import { WorkPlace } from '../support/work-place.js';

/** Rights to everything but the list of workers. */
const NOT_ON_THE_LIST = ['comics', 'pictures', 'searches', 'sleeps', 'runs', 'run', 'site']
  .map((name) => `~{comic-queue}:${name}*`)
  .toSpliced(0, 0, 'resetkeys');

function saysRefusal(sentences: readonly string[]): boolean {
  return sentences.some((sentence) => sentence.startsWith('Redis refuses commands'));
}

async function openPlace(): Promise<WorkPlace> {
  const place = await WorkPlace.open();
  onTestFinished(() => place.close());
  return place;
}

/** A logger, and the sentences that were written to it. */
function recordingLogger(): { logger: ReturnType<typeof createLogger>; sentences: string[] } {
  const sentences: string[] = [];
  const logger = createLogger('warn', (line) => {
    sentences.push((JSON.parse(line) as { msg: string }).msg);
  });
  return { logger, sentences };
}

test('workers that do not share their results are told, and so is everyone who looks', async () => {
  const place = await openPlace();
  const elsewhere = await mkdtemp(join(tmpdir(), 'cq-out-'));
  onTestFinished(() => rm(elsewhere, { recursive: true, force: true }));
  const first = recordingLogger();
  const second = recordingLogger();

  await place.startWorker({ logger: first.logger });
  await place.startWorker({ logger: second.logger, out: elsewhere });

  const places = [place.out, elsewhere].map((out) => `${hostname()}:${out}`).toSorted();
  const warning = `The workers of comics do not share their results (${places.join(', ')}), so each fetches what others have. Give them one directory with --out.`;
  const env = { REDIS_URL: place.redis.url };
  const status = await runInProcess(['status'], { env });
  const doctor = await runInProcess(['doctor'], { env });
  const nothingAsked = { queue: undefined, run: undefined, overlay: undefined };
  const view = await new Panel(place.connection).view(nothingAsked);
  expect(first.sentences).toEqual([]);
  expect(second.sentences).toContain(warning);
  expect(status.stdout).toContain(`! ${warning}`);
  expect(doctor.stdout).toContain(`warn  ${warning}`);
  expect(view.notices.map(({ text }) => text)).toContain(warning);
});

test('workers that share their results have one store id, and hear nothing', async () => {
  const place = await openPlace();
  const { logger, sentences } = recordingLogger();

  await place.startWorker({ logger });
  await place.startWorker({ logger });

  const ids = (await listWorkers(place.connection)).map(({ storeId }) => storeId);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
  expect(sentences).toEqual([]);
});

test('a worker that Redis refuses when it starts is on the list as soon as it does not', async () => {
  const place = await openPlace();
  const { logger, sentences } = recordingLogger();
  await place.connection.acl('SETUSER', 'default', ...NOT_ON_THE_LIST);

  const starting = place.startWorker({ logger });
  await until('it is said', () => saysRefusal(sentences));
  await place.connection.acl('SETUSER', 'default', 'allkeys');
  await starting;

  expect(await listWorkers(place.connection)).toHaveLength(1);
});

test('a worker that Redis refuses when it starts can be stopped', async () => {
  const place = await WorkPlace.open();
  const { logger, sentences } = recordingLogger();
  await place.connection.acl('SETUSER', 'default', ...NOT_ON_THE_LIST);

  const starting = place.startWorker({ logger }).catch(String);
  await until('it is said', () => saysRefusal(sentences));
  const sinceMs = performance.now();
  await place.close();

  expect(await starting).toContain('EXECABORT');
  expect(performance.now() - sinceMs).toBeLessThan(8000);
});

test('a worker that is opened while Redis is silent waits for it, unless it is told not to', async () => {
  const place = await openPlace();
  const opening = new AbortController();
  place.redis.process.kill('SIGSTOP');

  const opened = place.startWorker({}, opening.signal).catch((error: unknown) => error);
  const sinceMs = performance.now();
  await until('it waits', () => performance.now() - sinceMs > 500);
  opening.abort(new Error('stopped'));

  expect(await opened).toBe(opening.signal.reason);
  place.redis.process.kill('SIGCONT');
});
