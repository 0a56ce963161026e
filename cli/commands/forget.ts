/** `forget RUN…`: removes ended runs from the list. */

import { CommandError, EXIT } from '../../shared/base/errors.js';
import { proposed } from '../../shared/base/proposed-command.js';
import { runName } from '../../shared/queues/job.js';
import { openRunsQueue } from '../../shared/queues/queue.js';
import { forgetRun } from '../../shared/runs/forget-runs.js';
import type { Run } from '../../shared/runs/run.js';
import { RUN_TEXT } from '../arguments.js';
import { type CommonCommand, type Execute, withExamples } from '../command.js';

/** Gives `forget` its argument and action. */
export function defineForget(command: CommonCommand, execute: Execute): void {
  withExamples(command, [
    ['forget run-7', 'its counts, report and failures; not its results'],
    ['forget run-7 run-8', 'several at once'],
  ])
    .argument('<runs...>', RUN_TEXT.replace('a run:', 'runs:'))
    .action(async (names, { data, json }) => {
      await execute({ dataDir: data }, async (session) => {
        // All of them are looked at first: a mistyped one forgets none.
        const named = await Promise.all(names.map((name) => session.run(name)));
        const { connection } = await session.redis();
        const runs = new Map(named.map((run) => [run.number, run]));
        const runsQueue = openRunsQueue(connection);
        session.defer(() => runsQueue.close());
        const forgotten: string[] = [];
        for (const run of runs.values()) {
          const name = runName(run.number);
          if (!(await forgetRun(connection, runsQueue, run))) throw stillLive(run);
          forgotten.push(name);
        }
        if (json) session.terminal.printJson({ forgotten });
        else session.terminal.note(`Forgotten: ${forgotten.join(', ')}. The results stay.`);
        return EXIT.ok;
      });
    });
}

function stillLive({ number, state }: Run): CommandError {
  const name = runName(number);
  const why =
    state === 'cancelled'
      ? `it is cancelled, and ends as soon as a worker is connected. Start one: ${proposed('work')}`
      : `it has not ended. Cancel it first: ${proposed('cancel', name)}`;
  return new CommandError(EXIT.usage, `Cannot forget ${name}: ${why}`);
}
