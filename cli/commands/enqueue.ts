/** `enqueue KIND WORDS…`: a run of what was typed. */

import { KIND_NAMES, kindOf } from '../../shared/kinds/kinds.js';
import { type CommonCommand, type Example, examplesText, type Run } from '../command.js';
import type { EnqueueFlags } from '../enqueue-request.js';

const EXAMPLES: readonly Example[] = [
  ['enqueue comics 1-200 --wait', 'and show how far it is until it has ended'],
  ['enqueue comics 1-200:10 --dry-run', 'only say what would be queued'],
  ['enqueue comics --input ids.txt', 'one a line, # for comments; - reads stdin'],
  ['enqueue comics 1-200 --baseline', 'in the lane worked one at a time'],
  ['enqueue sleeps 0 --times 1000', 'each of them a thousand times'],
  ['enqueue --resume run-7', 'go on where its producer stopped'],
];

/** Gives `enqueue` its arguments, options and action. */
export function defineEnqueue(command: CommonCommand, run: Run): void {
  command
    .addHelpText('before', examplesText([...kindExamples(), ...EXAMPLES]))
    .argument('[kind]', `one of ${KIND_NAMES.map((name) => kindOf(name).plural).join(', ')}`)
    .argument('[words...]', 'what is asked for, in the words of the kind')
    .option('--input <file>', 'read words from a file too, repeatable; - is stdin', collect)
    .option('--wait', 'wait until every job has ended, and print the report')
    .option('--timeout <time>', 'with --wait: for at most this long, such as 90s or 10m')
    .option('--refetch', 'fetch also what is kept already')
    .option('--baseline', 'use the lane that is worked one job at a time')
    .option('--times <n>', 'queue everything this many times (default: 1)')
    .option('--attempts <n>', 'how often a job is tried before it fails (default: 5)')
    .option('--dry-run', 'say what would be queued, and queue nothing')
    .option('--resume <run>', 'go on adding to a run whose producer stopped')
    .action(async (kind, words, options) => {
      const flags: EnqueueFlags = { kind, words, ...options };
      await run({ dataDir: options.data }, async (session) => {
        const { enqueue } = await import('../enqueue-request.js');
        return enqueue(session, flags);
      });
    });
}

function kindExamples(): Example[] {
  return KIND_NAMES.map((name) => {
    const { plural, examples, summary } = kindOf(name);
    return [`enqueue ${plural} ${examples.join(' ')}`, summary] as const;
  });
}

function collect(file: string, files: string[] | undefined): string[] {
  return [...(files ?? []), file];
}
