/** `rate KIND RATE`: how often a site may be asked, over all workers, until it is changed. */

import { EXIT } from '../../shared/base/errors.js';
import { wait } from '../../shared/base/wait.js';
import { type KindName, kindOf } from '../../shared/kinds/kinds.js';
import type { RedisConnection } from '../../shared/redis/connection.js';
import { setRate } from '../../shared/queues/site-state.js';
import { listWorkers } from '../../shared/queues/heartbeat.js';
import { formatInterval } from '../../shared/report/format.js';
import { requireKind, requireRate } from '../arguments.js';
import { type CommonCommand, type Execute, withExamples } from '../command.js';

/** Workers look at their site's state each second; a little more covers the way there. */
const NOTICED_AFTER_MS = 1200;

/** Gives `rate` its arguments and action. */
export function defineRate(command: CommonCommand, execute: Execute): void {
  withExamples(command, [
    ['rate comics 10/s', 'at most ten requests a second, over all workers'],
    ['rate searches 6/m', 'one every ten seconds'],
    ['rate comics off', 'as fast as the workers can'],
  ])
    .argument('<kind>', 'the kind whose site is meant, such as comics')
    .argument('<rate>', 'such as 10/s, 600/m or 100/h, or off')
    .action(async (plural, text, { data, json }) => {
      await execute({ dataDir: data }, async (session) => {
        const asked = requireRateOf(plural, text);
        const { connection } = await session.redis();
        const done = await changeRate(connection, asked);
        const workers = await listWorkers(connection);
        if (workers.length > 0) await wait(NOTICED_AFTER_MS, session.signal);
        const { intervalMs } = asked;
        const rate = intervalMs === undefined ? 'off' : formatInterval(intervalMs);
        if (json)
          session.terminal.printJson({ kind: plural, rate, intervalMs: intervalMs ?? null });
        else session.terminal.note(`${done}, over all workers (${workers.length} connected).`);
        return EXIT.ok;
      });
    });
}

export interface RateOfKind {
  readonly kind: KindName;
  /** Undefined for no rate. */
  readonly intervalMs: number | undefined;
}

/**
 * Reads a kind, by its plural, and a rate.
 *
 * @throws CommandError (usage) where one of them is none.
 */
export function requireRateOf(plural: string, rate: string): RateOfKind {
  return { kind: requireKind(plural), ...requireRate(rate) };
}

/**
 * Sets the rate of a kind's site, or takes it away.
 *
 * @returns what was done, as a sentence without its end.
 */
export async function changeRate(
  connection: RedisConnection,
  { kind, intervalMs }: RateOfKind,
): Promise<string> {
  await setRate(connection, kind, intervalMs);
  const what =
    intervalMs === undefined ? 'no rate any more' : `a rate of ${formatInterval(intervalMs)}`;
  return `${kindOf(kind).plural} have ${what}`;
}
