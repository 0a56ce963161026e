import type { QueueState } from '../../shared/queues/queue-state.js';

/** A queue that nothing waits in, and nothing keeps. */
export const QUIET_QUEUE: QueueState = {
  name: 'comics',
  waiting: 0,
  active: 0,
  delayed: 0,
  done: 0,
  failed: 0,
  pause: undefined,
  intervalMs: undefined,
  starvedForMs: 0,
};
