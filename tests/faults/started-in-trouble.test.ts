/** A worker that is started while Redis refuses commands: what seed 2004 of ten seconds found. */

import { expect, test } from 'vitest';
import { faultAt } from './harness/schedule.js';
import { runTrial } from './harness/trial.js';

test.each(['redis read-only', 'redis full', 'redis busy'])(
  'a worker that is started in the middle of %s waits until it is over',
  async (trouble) => {
    const faults = [faultAt(trouble, 1500, 6000), faultAt('worker-1 killed', 2000, 200)];

    const { broken, evidence } = await runTrial({ seed: 1, seconds: 9, faults });

    expect(broken).toEqual([]);
    expect(evidence.workers.length).toBeGreaterThan(2);
  },
  180_000,
);
