/**
 * `npm run soak -- --minutes 30 --seed 7`: a random fault every 10 to 30 seconds while two workers are
 * kept busy. Fails on a broken promise, and on a worker that grows.
 */

import { parseArgs } from 'node:util';
import { setup as provideRedis } from '../../support/provide-redis.js';
import { growthFacts } from './growth.js';
import { planFaults } from './schedule.js';
import { runTrial } from './trial.js';

const GAP_MS = [10_000, 30_000] as const;

/** So slow that half an hour takes some 60,000 comics. */
const LATENCY_MS = 300;

/** This one is frozen and cut off, but lives from beginning to end: growth takes time to show. */
const SURVIVOR = 'worker-2';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
  },
});

await provideRedis();
const seed = Number(values.seed);
const seconds = Number(values.minutes) * 60;
const faults = planFaults({ seed, seconds, gapMs: GAP_MS }).filter(
  ({ name }) => ![`${SURVIVOR} killed`, `${SURVIVOR} stopped`].includes(name),
);
say(`seed ${seed}, ${values.minutes} minutes, ${faults.length} faults:`);
const { broken, evidence, settledMs, skipped } = await runTrial({
  seed,
  seconds,
  faults,
  latencyMs: LATENCY_MS,
  onEvent: say,
});
for (const name of skipped) say(`skipped: ${name}`);
const { facts, figures } = growthFacts(evidence.workers, SURVIVOR);
for (const line of figures) say(line);
const jobs = evidence.runs.reduce((sum, { total }) => sum + total, 0);
say(
  `${evidence.runs.length} runs, ${jobs} jobs, ${evidence.requests.length} requests, settled after ${(settledMs / 1000).toFixed(1)} s`,
);
for (const { promise, fact } of broken) say(`BROKEN ${promise}: ${fact}`);
for (const fact of facts) say(`GROWTH: ${fact}`);
const failed = broken.length + facts.length > 0;
say(`seed ${seed}: ${failed ? 'FAILED' : 'every promise held, and nothing grew'}`);
process.exit(failed ? 1 : 0);

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
