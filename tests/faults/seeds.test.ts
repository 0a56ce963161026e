/** Random faults from fixed seeds. Further ones: `npm run test:faults -- --seed N`. */

import { expect, test } from 'vitest';
import { GAP_MS, planFaults, scheduleLines } from './harness/schedule.js';
import { runTrial } from './harness/trial.js';

const SECONDS = 20;

test.each([1, 2, 3, 4, 5])(
  'every promise holds through the faults of seed %i',
  async (seed) => {
    const faults = planFaults({ seed, seconds: SECONDS, gapMs: GAP_MS });

    const { broken } = await runTrial({ seed, seconds: SECONDS, faults });

    const schedule = scheduleLines(faults);
    expect({ schedule, broken }).toEqual({ schedule, broken: [] });
  },
  240_000,
);
