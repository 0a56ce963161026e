import { expect, test } from 'vitest';
import { faultAt } from './harness/schedule.js';
import { runTrial } from './harness/trial.js';

/** The last sets it to the beginning of 1970, as a machine without a battery does. */
test.each([-1, 1, -498_000])(
  'a worker whose clock is %i h ahead of that of Redis, and another, keep every promise',
  async (hours) => {
    const module = `
      const { now } = Date;
      const ahead = process.env.FAULTS_SEAT === 'worker-1' ? ${hours * 3_600_000} : 0;
      Date.now = () => now() + ahead;`;
    const imports = [`data:text/javascript,${encodeURIComponent(module)}`];
    const faults = [faultAt('worker-1 killed', 2000, 500), faultAt('site 502', 3000, 1500)];

    const { broken } = await runTrial({ seed: 1, seconds: 6, faults, imports });

    expect(broken).toEqual([]);
  },
  180_000,
);
