/**
 * `npm run test:faults -- --seed 7 --seconds 20`: prints the schedule of a seed, runs it, and says
 * whether every promise held. Without a seed it takes one at random; `--seeds 1-50` runs many, and
 * `--fault 'redis frozen'` has that happen for three seconds, and nothing else.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setup as provideRedis } from '../../support/provide-redis.js';
import { type Evidence, goneOnAfterMs } from './evidence.js';
import { faultAt, GAP_MS, planFaults, scheduleLines } from './schedule.js';
import { runTrial } from './trial.js';

/** When a fault happens that was asked for by name, and for how long. */
const ALONE = { atMs: 1500, lastsMs: 3000 } as const;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    fault: { type: 'string' },
    seconds: { type: 'string', default: '20' },
  },
});

await provideRedis();
let failed = 0;
for (const seed of seedsOf(values.seeds ?? values.seed)) {
  if (!(await holds(seed, Number(values.seconds)))) failed += 1;
}
process.exit(failed > 0 ? 1 : 0);

async function holds(seed: number, seconds: number): Promise<boolean> {
  const faults =
    values.fault === undefined
      ? planFaults({ seed, seconds, gapMs: GAP_MS })
      : [faultAt(values.fault, ALONE.atMs, ALONE.lastsMs)];
  say(`seed ${seed}, ${seconds} s:`);
  for (const line of scheduleLines(faults)) say(line);
  say('what happens:');
  const { broken, evidence, settledMs, skipped } = await runTrial({
    seed,
    seconds,
    faults,
    onEvent: say,
  });
  for (const name of skipped) say(`skipped: ${name}`);
  const jobs = evidence.runs.reduce((sum, { total }) => sum + total, 0);
  const figures = `${evidence.runs.length} runs, ${jobs} jobs, ${evidence.requests.length} requests, settled after ${(settledMs / 1000).toFixed(1)} s`;
  for (const disruption of evidence.disruptions) {
    const waited = (goneOnAfterMs(evidence, disruption) / 1000).toFixed(1);
    say(`${disruption.name}: whole answers again ${waited} s after its end`);
  }
  for (const { promise, fact } of broken) say(`BROKEN ${promise}: ${fact}`);
  if (broken.length > 0) say(`the evidence is in ${keep(seed, evidence)}`);
  say(`seed ${seed}: ${broken.length === 0 ? 'every promise held' : 'FAILED'} (${figures})\n`);
  return broken.length === 0;
}

/** Writes the evidence of a failed trial to a file, and returns its path. */
function keep(seed: number, evidence: Evidence): string {
  const path = join(import.meta.dirname, `failed-${seed}.json`);
  const asText = (_: string, value: unknown) => (value instanceof Set ? [...value] : value);
  writeFileSync(path, JSON.stringify(evidence, asText, 1));
  return path;
}

function seedsOf(text: string | undefined): number[] {
  if (text === undefined) return [Math.floor(Math.random() * 1_000_000)];
  const [first = 0, last = first] = text.split('-').map(Number);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
