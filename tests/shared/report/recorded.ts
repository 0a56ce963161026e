/** Runs and tallies for the tests of reports, with every field at something harmless. */

import { parseRun, type Run } from '../../../shared/runs/run.js';
import { parseTally, type Tally } from '../../../shared/runs/tally.js';

/** The record of such a run, as it lies in Redis. */
export const RUN_FIELDS = {
  kind: 'comic',
  baseline: '0',
  state: 'sealed',
  selection: '1-200',
  digest: 'd',
  site: 'https://xkcd.com/{id}/info.0.json',
  refetch: '0',
  times: '1',
  attempts: '5',
  asked: '201',
  duplicates: '1',
  total: '200',
  acknowledged: '200',
  createdAtMs: '1795000000000',
  heartbeatAtMs: '1795000000000',
};

/** A run of 200 comics. */
export function recordedRun(changes: Readonly<Record<string, string>> = {}, number = 7): Run {
  const run = parseRun(number, { ...RUN_FIELDS, ...changes });
  if (run === undefined) throw new Error('The test has made a run that cannot be read');
  return run;
}

/** A tally of 200 stored comics in two seconds, by one worker. */
export function recordedTally(changes: Readonly<Record<string, string>> = {}): Tally {
  return parseTally(
    {
      ended: '200',
      'outcome:stored': '200',
      'reason:stored': '200',
      'status:200': '200',
      'worker:w1': '200',
      bytes: '200000',
      fetches: '200',
      fetchSumMs: '10400',
      fetchMaxMs: '60',
      firstStartMs: '1795000000000',
      lastEndMs: '1795000002000',
      ...changes,
    },
    { 316: '100', 317: '100' },
    {},
  );
}
