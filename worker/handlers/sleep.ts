/** The calibration job: waits for a number of seconds. */

import { wait } from '../../shared/base/wait.js';
import type { Handler } from './handler.js';

export const handler: Handler<'sleep'> = async ({ seconds }, { signal }) => {
  const startedAt = performance.now();
  if (seconds > 0) await wait(seconds * 1000, signal);
  return { reason: 'slept', fetchMs: performance.now() - startedAt, bytes: 0, status: 0 };
};
