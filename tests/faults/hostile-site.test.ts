/** A site that sends whatever hurts: the worker lives, stays small, and does the other jobs. */

import { afterEach, expect, test } from 'vitest';
import { Report } from '../../shared/report/report.js';
import { until } from '../support/condition.js';
import type { ProductProcess } from './harness/product-process.js';
import { FaultStage } from './harness/stage.js';
import type { WorkerSeat } from './harness/worker-seat.js';

/** What a second round of the same adds, once the heap is as large as the first has made it. */
const GROWTH_MAX_MB = 32;

/** Of the rate that other queues have without a flood: four fifths, and less where others use the machine. */
const RATE_LEFT_MIN = 0.7;

/** While it lasts, eight bodies of a megabyte are there at once, packed and unpacked. */
const PEAK_MAX_MB = 96;

/** Each for twenty comics of their own, in this order from 2001 on. */
const HOSTILE = [
  'gzip-bomb',
  'endless',
  'big-json',
  'deep-json',
  'huge-header',
  'garbage',
  'hostile',
  'proto',
  'bom',
  'redirect-loop',
  'redirect-host',
  'redirect-loopback',
] as const;

let stage: FaultStage;
/** One that the stage does not start. */
let worker: ProductProcess | undefined;

afterEach(async () => {
  await worker?.kill();
  await stage.close();
});

test('bombs, endless bodies and rubbish cost a worker no more memory than it may take', async () => {
  stage = await FaultStage.open({ seed: 1, latencyMs: 20, diskMb: 64 });
  const [seat] = stage.workers;
  seat?.ensure();
  // First the worker is as large as honest work makes it.
  const honest = await memoryOver(seat, stage.startCommand(enqueue('1-2000')));
  await stage.setSiteFaults(
    HOSTILE.map((name, index) => `${name}?ids=${2001 + 20 * index}-${2020 + 20 * index}`),
  );

  const command = stage.startCommand(enqueue('2001-2500'));
  const hostile = await memoryOver(seat, command);
  // Garbage is collected while work is done: what is held shows when as much honest work is over.
  const once = await memoryOver(seat, stage.startCommand(enqueue('3001-5000')));
  await memoryOver(seat, stage.startCommand(enqueue('2001-2500')));
  const twice = await memoryOver(seat, stage.startCommand(enqueue('5001-7000')));

  const report = JSON.parse(command.stdout) as { ended: number; outcomes: { stored: number } };
  expect(report.ended).toBe(500);
  expect(report.outcomes.stored).toBeGreaterThanOrEqual(500 - 20 * HOSTILE.length - 5);
  expect(twice.lastMb - once.lastMb).toBeLessThanOrEqual(GROWTH_MAX_MB);
  expect(once.lastMb - honest.lastMb).toBeLessThanOrEqual(PEAK_MAX_MB);
  expect(hostile.peakMb - honest.lastMb).toBeLessThanOrEqual(PEAK_MAX_MB);
}, 180_000);

test.each(['tiny-chunks', 'interim'])(
  'a flood of %s leaves other queues four fifths of their rate',
  async (name) => {
    stage = await FaultStage.open({ seed: 1, latencyMs: 100, diskMb: 64 });
    const settings = { COMIC_QUEUE_SEARCH_URL: `${stage.origin.url}/search?q={term}` };
    const work = ['work', '--kinds', 'comics,searches', '-c', 'comics=1,searches=10'];
    worker = stage.startCommand(work, settings);
    const searchesPerSecond = async (word: string): Promise<number | null> => {
      const words = Array.from({ length: 300 }, (_, index) => `${word}${index}`);
      const command = stage.startCommand(
        ['enqueue', 'searches', ...words, '--wait', '--json'],
        settings,
      );
      await command.ended;
      return Report.parse(JSON.parse(command.stdout)).throughputPerSecond;
    };

    const alone = await searchesPerSecond('alone');
    await stage.setSiteFaults([`${name}?only=comics`]);
    await stage.runCommand(['enqueue', 'comics', '1-5000', '--attempts', '1']);
    const beside = await searchesPerSecond('beside');
    const failed = (await stage.readCommand(['status'])) as {
      queues: { queue: string; waiting: number }[];
    };

    expect((beside ?? 0) / (alone ?? 0)).toBeGreaterThan(RATE_LEFT_MIN);
    const [comics] = failed.queues;
    expect(comics).toMatchObject({ queue: 'comics' });
    expect(comics?.waiting).toBeGreaterThan(0);
    expect(comics?.waiting).toBeLessThan(4990);
  },
  120_000,
);

function enqueue(words: string): string[] {
  return ['enqueue', 'comics', words, '--attempts', '2', '--wait', '--json'];
}

/** What the worker holds while a command runs, at most, and when it has ended. */
async function memoryOver(
  seat: WorkerSeat | undefined,
  command: ProductProcess,
): Promise<{ readonly peakMb: number; readonly lastMb: number }> {
  let [peakMb, lastMb] = [0, 0];
  await until(
    'the end of the command',
    () => {
      lastMb = seat?.process?.sample()?.rssMb ?? Number.POSITIVE_INFINITY;
      peakMb = Math.max(peakMb, lastMb);
      return !command.isRunning;
    },
    90_000,
  );
  await command.ended;
  return { peakMb, lastMb };
}
