/** A service as a command: started, announced, and stopped at the first signal. */

import { once } from 'node:events';
import type { Service } from '../shared/base/errors.js';
import type { Session } from './session.js';

/** Runs a service until the session's signal; resolves when it has truly stopped. */
export async function serviceRun(
  session: Session,
  service: Service,
  announce: () => void,
): Promise<void> {
  session.signal.throwIfAborted();
  try {
    await service.start();
    announce();
    if (!session.signal.aborted) await once(session.signal, 'abort');
  } finally {
    await service.stop();
  }
}
