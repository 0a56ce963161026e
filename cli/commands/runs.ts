/** `runs`: the newest runs in a table. */

import { EXIT } from '../../shared/base/errors.js';
import { readNewestReports } from '../../shared/report/read-report.js';
import { type Run, RUN_STATES } from '../../shared/runs/run.js';
import { KINDS_TEXT, noSuch, requireCount, requireKind, requireTitle } from '../arguments.js';
import { type CommonCommand, type Execute, withExamples } from '../command.js';
import { runDocument, runTableLines } from '../run-text.js';

const LIMIT = '20';

/** Gives `runs` its options and action. */
export function defineRuns(command: CommonCommand, execute: Execute): void {
  withExamples(command, [
    ['runs', 'the newest 20, newest first'],
    ['runs --kind comics --state ended', 'those of a kind, and in a state'],
    ['runs --name nightly', 'those with this name'],
    ['runs --limit 1000 --json', 'all that are kept, as {"runs": […]}'],
  ])
    .option('--limit <n>', `how many, newest first (default: ${LIMIT})`)
    .option('--kind <kind>', `only those of ${KINDS_TEXT}`)
    .option('--state <state>', `only those that are ${RUN_STATES.join(', ')}`)
    .option('--name <name>', 'only those that --name gave this name')
    .action(async ({ data, json, limit, ...filter }) => {
      await execute({ dataDir: data }, async (session) => {
        const isWanted = runFilter(filter);
        const count = requireCount('--limit', limit ?? LIMIT, { min: 1, max: 100_000 });
        const redis = await session.redisToLookAt();
        const runs =
          redis === undefined
            ? []
            : await readNewestReports(redis.connection, count, redis.clock.now(), isWanted);
        const { terminal } = session;
        const { tableWidth: width, isPlain: plain } = terminal;
        if (json) {
          terminal.printJson({ runs: runs.map(({ report }) => runDocument(report)) });
          return EXIT.ok;
        }
        for (const line of runTableLines(runs, { width, plain })) {
          // That there are none is no data.
          if (runs.length === 0) terminal.note(isFiltered(filter) ? 'No run is like that.' : line);
          else terminal.print(line);
        }
        return EXIT.ok;
      });
    });
}

interface RunFilter {
  readonly kind?: string | undefined;
  readonly state?: string | undefined;
  readonly name?: string | undefined;
}

function isFiltered({ kind, state, name }: RunFilter): boolean {
  return (kind ?? state ?? name) !== undefined;
}

/** @throws CommandError (usage) for a kind, a state or a name that cannot be one. */
function runFilter(typed: RunFilter): (run: Run) => boolean {
  const kind = typed.kind === undefined ? undefined : requireKind(typed.kind);
  const state = typed.state === undefined ? undefined : requireState(typed.state);
  const title = typed.name === undefined ? undefined : requireTitle(typed.name);
  return (run) =>
    (kind ?? run.kind) === run.kind &&
    (state ?? run.state) === run.state &&
    (title ?? run.title) === run.title;
}

function requireState(text: string): Run['state'] {
  const state = RUN_STATES.find((one) => one === text);
  if (state !== undefined) return state;
  throw noSuch('state', text, RUN_STATES);
}
