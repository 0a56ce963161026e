/** The calibration job: it waits a number of seconds and keeps nothing. */

import { z } from 'zod';
import { problem, single, type Kind, type Parsed } from './kind.js';

/** One hour: longer waits test nobody's queue. */
const SLEEP_SECONDS_MAX = 3600;

const SleepInput = z.strictObject({ seconds: z.number().min(0).max(SLEEP_SECONDS_MAX) });
export type SleepInput = z.infer<typeof SleepInput>;

export const sleep: Kind<SleepInput> = {
  name: 'sleep',
  plural: 'sleeps',
  summary: 'wait for a number of seconds (calibration; keeps nothing)',
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

const SECONDS = /^\d{1,4}(?:\.\d{1,3})?$/;

function parseSleep(word: string): Parsed<SleepInput> {
  if (!SECONDS.test(word)) return problem('not a number of seconds such as 2 or 0.25');
  const seconds = Number(word);
  return seconds > SLEEP_SECONDS_MAX
    ? problem(`a sleep lasts at most ${SLEEP_SECONDS_MAX} seconds`)
    : single({ seconds }, String(seconds));
}
