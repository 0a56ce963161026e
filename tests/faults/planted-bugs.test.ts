/** The checker must see what is broken: bugs are planted in the workers of a trial, one at a time. */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { PROJECT_ROOT } from '../support/project-root.js';
import type { BrokenPromise } from './harness/checker.js';
import { faultAt, type PlannedFault } from './harness/schedule.js';
import { runTrial } from './harness/trial.js';

const KILLS = [faultAt('worker-1 killed', 2000, 500), faultAt('worker-2 killed', 3500, 500)];
const RATE = [faultAt('rate of 20 a second', 500, 4000)];

interface PlantedBug {
  readonly name: string;
  /** A module that a worker loads before the program. */
  readonly module: string;
  readonly faults: readonly PlannedFault[];
  readonly caughtAs: { readonly promise: BrokenPromise['promise']; readonly fact: RegExp };
}

const BUGS: readonly PlantedBug[] = [
  {
    name: 'completes a job before its result is stored',
    module: `
      const { DirectoryStore } = await import('${built('shared/store/store.js')}');
      const put = DirectoryStore.prototype.put;
      DirectoryStore.prototype.put = async function (...args) {
        setTimeout(() => put.apply(this, args).catch(() => {}), 400);
        return 'stored';
      };`,
    faults: KILLS,
    caughtAs: { promise: 'P4', fact: /^comic \d+ of run-\d+ has no file$/ },
  },
  {
    name: 'counts every fiftieth job twice',
    module: `
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const read = fs.readFileSync;
      fs.readFileSync = (path, ...rest) => {
        const text = read(path, ...rest);
        if (!String(path).endsWith('fold.lua')) return text;
        const once = 'add(run.outcomes, outcome.name, 1)';
        return text.replace(once, 'add(run.outcomes, outcome.name, job.position % 50 == 0 and 2 or 1)');
      };
      syncBuiltinESMExports();`,
    faults: [],
    caughtAs: { promise: 'P7', fact: /^run-\d+ counts / },
  },
  {
    name: 'writes results in place',
    module: `
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const rename = fs.renameSync;
      fs.renameSync = (from, to) => {
        if (!to.includes('/comics/') || !to.endsWith('.json')) return rename(from, to);
        const body = fs.readFileSync(from);
        fs.writeFileSync(to, body.subarray(0, body.length / 2));
        fs.unlinkSync(from);
        setTimeout(() => fs.writeFileSync(to, body), 100);
      };
      syncBuiltinESMExports();`,
    faults: KILLS,
    caughtAs: { promise: 'P3', fact: /^\d+\.json was seen in part$/ },
  },
  {
    name: 'asks as fast as it can, whatever the rate',
    module: `
      const { SiteLimiter } = await import('${built('worker/site-limiter.js')}');
      SiteLimiter.prototype.pass = async () => ({ probe: false });`,
    faults: RATE,
    caughtAs: { promise: 'P9', fact: /requests within a second at a rate of 20\/s$/ },
  },
];

test.each(BUGS)(
  'a worker that $name is caught',
  async ({ module, faults, caughtAs }) => {
    const imports = [`data:text/javascript,${encodeURIComponent(module)}`];

    const { broken } = await runTrial({ seed: 1, seconds: 6, faults, imports });

    const { promise, fact } = caughtAs;
    expect(broken).toContainEqual({ promise, fact: expect.stringMatching(fact) as string });
  },
  180_000,
);

/** The URL of a module of the program as it was built. */
function built(path: string): string {
  return pathToFileURL(join(PROJECT_ROOT, 'dist', path)).href;
}
