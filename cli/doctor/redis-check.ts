/** Whether Redis answers, keeps what it is given, and agrees about the time; and who works. */

import { CommandError, EXIT } from '../../shared/base/errors.js';
import { safeText } from '../../shared/base/safe-text.js';
import { listWorkers } from '../../shared/queues/worker-presence.js';
import { describeAddress } from '../../shared/redis/address.js';
import type { ServerFinding } from '../../shared/redis/server-check.js';
import { formatDuration } from '../../shared/report/format.js';
import type { Session } from '../session.js';
import { type CheckResult, failed, found } from './check-result.js';

/** Locks are kept by Redis's own clock; only what is shown to people and journals is off. */
const SKEW_MAX_MS = 1000;

/** Opens Redis and looks at it; without an answer the rest is left out. */
export async function* checkRedis(session: Session): AsyncGenerator<CheckResult> {
  let findings: readonly ServerFinding[] = [];
  try {
    const redis = await session.openRedis((all) => {
      findings = all;
    });
    const embedded = session.configuration.redisUrl === undefined ? 'embedded Redis' : 'Redis';
    yield found('redis', 'ok', `${embedded} answers at ${describeAddress(redis.address)}`);
    yield* findings.map(settingResult);
    yield skewResult('this machine', redis.clock.skewMs());
    const workers = await listWorkers(redis.connection);
    yield workersResult(workers.length);
    for (const { id, trouble, skewMs } of workers) {
      const name = `worker ${safeText(id, 60)}`;
      if (trouble !== null) yield found('workers', 'warn', `${name}: ${safeText(trouble)}`);
      if (Math.abs(skewMs) > SKEW_MAX_MS) yield skewResult(name, skewMs);
    }
  } catch (error) {
    yield failed('redis', error);
  }
}

function workersResult(count: number): CheckResult {
  return count === 0
    ? found('workers', 'warn', 'no worker is connected: nothing that is queued gets done')
    : found('workers', 'ok', `${count} ${count === 1 ? 'worker' : 'workers'} connected`);
}

function settingResult({ about, level, text }: ServerFinding): CheckResult {
  return level === 'fail'
    ? failed(about, new CommandError(EXIT.badConfig, text))
    : found(about, level, text);
}

function skewResult(whose: string, skewMs: number): CheckResult {
  const far = formatDuration(Math.abs(skewMs));
  return Math.abs(skewMs) > SKEW_MAX_MS
    ? found(
        'clock',
        'warn',
        `the clock of ${whose} is ${far} ${skewMs > 0 ? 'ahead of' : 'behind'} Redis: see to its time service`,
      )
    : found('clock', 'ok', `the clock of ${whose} agrees with Redis (${far})`);
}
