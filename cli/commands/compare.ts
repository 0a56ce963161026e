/** `compare KIND WORDS…`: the same jobs one at a time, then many at a time. */

import { KIND_NAMES, kindOf } from '../../shared/kinds/kinds.js';
import { type CommonCommand, type Example, examplesText, type Execute } from '../command.js';
import { compare } from '../compare/compare.js';
import type { CompareFlags } from '../compare/request.js';

const EXAMPLES: readonly Example[] = [
  ['compare comics 1-200 -c 50', 'one at a time, then 50 at a time'],
  ['compare comics 1-200 -c 50 --repeat 5', 'five times each: the median, and its range'],
  ['compare comics 1-200 --sweep 1,2,5,10,20,50', 'where more at a time stops helping'],
  ['compare sleeps 1 2 3 -c 3', 'about 6 s one at a time, 3 s together'],
  ['compare comics 1-200 -c 50 --min-speedup 30', 'exit 99 when it is less'],
  ['compare comics 1-200 --use-workers', 'measure the workers that are connected'],
];

/** Gives `compare` its arguments, options and action. */
export function defineCompare(command: CommonCommand, execute: Execute): void {
  command
    .addHelpText('before', examplesText(EXAMPLES))
    .argument('[kind]', `one of ${KIND_NAMES.map((name) => kindOf(name).plural).join(', ')}`)
    .argument('[words...]', 'what is asked for, in the words of the kind; always fetched')
    .option('--input <file>', 'read words from a file too, repeatable; - is stdin', collect)
    .option('-c, --concurrency <n>', "jobs at a time (default: the kind's own)")
    .option('--sweep <list>', 'several of them, such as 1,2,5,10,20,50')
    .option('--repeat <n>', 'how many times to measure each; the median counts (default: 1)')
    .option('--min-speedup <x>', 'exit 99 when the speed-up is below')
    .option('--use-workers', 'measure connected workers instead of one of its own')
    .option('--yes', 'agree to the number of requests of a sweep or a repeat')
    .action(async (kind, words, options) => {
      const flags: CompareFlags = { kind, words, ...options };
      await execute({ dataDir: options.data }, async (session) => {
        return compare(session, flags);
      });
    });
}

function collect(file: string, files: string[] | undefined): string[] {
  return [...(files ?? []), file];
}
