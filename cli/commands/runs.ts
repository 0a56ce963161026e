/** `runs`: the newest runs in a table. */

import { EXIT } from '../../shared/base/errors.js';
import { readNewestReports } from '../../shared/report/read-report.js';
import { requireCount } from '../arguments.js';
import { type CommonCommand, examplesText, type Execute } from '../command.js';
import { runDocument, runTableLines } from '../run-text.js';

const LIMIT = '20';

/** Gives `runs` its options and action. */
export function defineRuns(command: CommonCommand, execute: Execute): void {
  command
    .addHelpText(
      'before',
      examplesText([
        ['runs', 'the newest 20, newest first'],
        ['runs --limit 1000 --json', 'all that are kept, as {"runs": […]}'],
      ]),
    )
    .option('--limit <n>', `how many, newest first (default: ${LIMIT})`)
    .action(async ({ data, json, limit }) => {
      await execute({ dataDir: data }, async (session) => {
        const count = requireCount('--limit', limit ?? LIMIT, { min: 1, max: 100_000 });
        const { connection, clock } = await session.redis();
        const runs = await readNewestReports(connection, count, clock.now());
        const { terminal } = session;
        if (json) {
          terminal.printJson({ runs: runs.map(({ report }) => runDocument(report)) });
          return EXIT.ok;
        }
        for (const line of runTableLines(runs, terminal.dataWidth)) {
          // That there are none is no data.
          if (runs.length === 0) terminal.note(line);
          else terminal.print(line);
        }
        return EXIT.ok;
      });
    });
}
