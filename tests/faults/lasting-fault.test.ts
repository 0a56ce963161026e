/** What a fault that lasts costs: hardly any processor time, and a line of log a second at most. */

import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { until } from '../support/condition.js';
import { FAULT_TABLE, type Undo } from './harness/fault-table.js';
import { FaultStage, SLOTS } from './harness/stage.js';

/** Backoff grows to seconds; what the beginning of the trouble costs is over by then. */
const BEGINNING_MS = 4000;
const MEASURED_MS = 6000;

let stage: FaultStage;
let undo: Undo | undefined;

afterEach(async () => {
  await undo?.();
  await stage.close();
});

test.each([
  'redis killed',
  'redis frozen',
  'redis full',
  'redis link silent',
  'site 502',
  'results disk full',
])(
  '%s costs hardly anything while it lasts',
  async (fault) => {
    stage = await FaultStage.open({ seed: 1, latencyMs: 60, diskMb: 64 });
    const [seat] = stage.workers;
    seat?.ensure();
    const worker = seat?.process;
    if (worker === undefined) throw new Error('There is no worker');
    await stage.startProducer(1, 3000).ended;
    await until('busy slots', async () => {
      const stats = await (await fetch(`${stage.origin.url}/__origin/stats`)).json();
      return (stats as { requests: number }).requests > 10 * SLOTS;
    });

    undo = await FAULT_TABLE.get(fault)?.begin(stage);
    await delay(BEGINNING_MS);
    const [cpuBeforeMs, linesBefore] = [worker.cpuMs(), worker.lines.length];
    await delay(MEASURED_MS);
    const cpuShare = (worker.cpuMs() - cpuBeforeMs) / MEASURED_MS;
    const lines = worker.lines.length - linesBefore;

    expect(worker.isRunning).toBe(true);
    expect(lines).toBeLessThanOrEqual(MEASURED_MS / 1000 + 1);
    expect(cpuShare).toBeLessThanOrEqual(0.05);
  },
  60_000,
);
