import { afterEach, describe, expect, it } from 'vitest';
import { KEYS } from '../../shared/redis/keys.js';
import { until } from '../support/condition.js';
import { FaultStage, GRACE_MS, SLOTS } from './harness/stage.js';
import type { WorkerSeat } from './harness/worker-seat.js';

let stage: FaultStage;

afterEach(() => stage.close());

async function openStage(latencyMs: number): Promise<WorkerSeat> {
  stage = await FaultStage.open({ seed: 1, latencyMs, diskMb: 64 });
  const [seat] = stage.workers;
  if (seat === undefined) throw new Error('There is no worker');
  seat.ensure();
  await until('a worker', async () => (await stage.connection.zcard(KEYS.workers)) === 1);
  return seat;
}

/** Resolves when as many requests are under way as a worker has slots. */
async function busy(): Promise<void> {
  await stage.startProducer(1, 500).ended;
  await until('busy slots', async () => {
    const response = await fetch(`${stage.origin.url}/__origin/stats`);
    return ((await response.json()) as { active: number }).active >= SLOTS;
  });
}

describe('a worker that is told to stop', () => {
  it('leaves at once when it is idle', async () => {
    const seat = await openStage(60);

    await seat.stop(30_000);

    expect(seat.stops).toEqual([{ exitCode: 0, tookMs: expect.any(Number) as number }]);
    expect(seat.stops[0]?.tookMs).toBeLessThan(2000);
  });

  it('finishes what is under way', async () => {
    const seat = await openStage(1500);
    await busy();

    await seat.stop(30_000);

    const [waiting, active] = await Promise.all([
      stage.connection.llen('{comic-queue}:comics:wait'),
      stage.connection.llen('{comic-queue}:comics:active'),
    ]);
    expect(seat.stops[0]).toMatchObject({ exitCode: 0 });
    expect(seat.stops[0]?.tookMs).toBeLessThan(GRACE_MS);
    expect([waiting, active]).toEqual([500 - SLOTS, 0]);
  });

  it.each(['killed', 'frozen'])(
    'leaves within ten seconds when its Redis is %s',
    async (how) => {
      const seat = await openStage(1500);
      await busy();
      stage.redis.process.kill(how === 'killed' ? 'SIGKILL' : 'SIGSTOP');

      await seat.stop(30_000);

      expect(seat.stops[0]).toMatchObject({ exitCode: 0 });
      expect(seat.stops[0]?.tookMs).toBeLessThan(10_000);
    },
    60_000,
  );
});

describe('workers that are restarted in turn', () => {
  it('fail no job, and ask for nothing twice', async () => {
    const seat = await openStage(60);
    for (const worker of stage.workers) worker.ensure();
    const producer = stage.startProducer(1, 2000);
    await producer.ended;

    for (const worker of [...stage.workers, seat, ...stage.workers]) {
      await worker.stop(30_000);
      worker.ensure();
    }
    const waited = stage.startCommand(['wait', 'run-1', '--json']);
    await waited.ended;

    const stats = await (await fetch(`${stage.origin.url}/__origin/stats`)).json();
    // Twenty of them have another's answer, and comic 404 is not there.
    expect(JSON.parse(waited.stdout)).toMatchObject({
      outcomes: { stored: 1979, missing: 1, invalid: 20 },
      stalls: 0,
    });
    expect(stats).toMatchObject({ requests: 2000 });
  }, 120_000);
});
