/** The calibration job: waits for a number of seconds and stores nothing. */

import { z } from 'zod';
import { problem, single, type Kind, type Parsed } from './kind.js';

/** One hour: no test of a queue needs longer. */
const SLEEP_SECONDS_MAX = 3600;
const SECONDS = /^\d{1,12}(?:\.\d{1,3})?$/;

const SleepInput = z.strictObject({ seconds: z.number().min(0).max(SLEEP_SECONDS_MAX) });
export type SleepInput = z.infer<typeof SleepInput>;

export const sleep: Kind<SleepInput> = {
  name: 'sleep',
  plural: 'sleeps',
  summary: 'wait for a number of seconds (calibration; stores nothing)',
  input: SleepInput,
  parse: parseSleep,
  format: ({ seconds }) => String(seconds),
  identity: () => undefined,
  defaultConcurrency: 10,
  examples: ['1 2 3', '0.25'],
  sample: {
    typed: '0.01',
    input: { seconds: 0.01 },
    refused: ['-1', 'abc', '1e3', '3601', '1.2345', 'Infinity', ''],
  },
};

function parseSleep(word: string): Parsed<SleepInput> {
  if (!SECONDS.test(word)) return problem('not a number of seconds such as 2 or 0.25');
  const seconds = Number(word);
  return seconds > SLEEP_SECONDS_MAX
    ? problem(`a sleep lasts at most ${SLEEP_SECONDS_MAX} seconds`)
    : single({ seconds }, String(seconds));
}
