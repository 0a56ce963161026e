/** `work`: a worker, until it is stopped or its lanes are empty. */

import { Option } from '@commander-js/extra-typings';
import { type CommonCommand, examplesText, type Run } from '../command.js';
import { SETTINGS } from '../settings.js';

/** Gives `work` its options and action. */
export function defineWork(command: CommonCommand, run: Run): void {
  command
    .addHelpText(
      'before',
      examplesText([
        ['work', 'every kind, each with its own number at once'],
        ['work -c 50', '50 at once in each lane'],
        ['work -c comics=50,searches=2', 'the others keep their own'],
        ['work -c auto --max-concurrency 100', 'finds out by itself how many'],
        ['work --processes 2 -c 50', 'two processes of 50 each'],
        ['work --kinds comics --drain', 'leaves when there is nothing left'],
      ]),
    )
    .option('-c, --concurrency <n>', SETTINGS.concurrency.summary)
    .option('--max-concurrency <n>', withDefault(SETTINGS.concurrencyMax))
    .option('--processes <n>', withDefault(SETTINGS.processes))
    .option('--kinds <kinds>', SETTINGS.kinds.summary)
    .option('--out <dir>', `${SETTINGS.outDir.summary} (default: ${SETTINGS.outDir.otherwise})`)
    .option('--drain', 'leave when the lanes hold nothing and no run of theirs is open')
    .option('--durability <how>', withDefault(SETTINGS.durability))
    .option('--give-up-after <time>', withDefault(SETTINGS.giveUpAfterMs))
    .addOption(new Option('--parent <pid>', 'the supervisor that started it').hideHelp())
    .action(async (options) => {
      const flags = {
        dataDir: options.data,
        outDir: options.out,
        concurrency: options.concurrency,
        concurrencyMax: options.maxConcurrency,
        processes: options.processes,
        kinds: options.kinds,
        durability: options.durability,
        giveUpAfterMs: options.giveUpAfter,
      };
      await run(flags, async (session) => {
        const { work } = await import('../work/work.js');
        return work(session, {
          flags,
          drain: options.drain === true,
          json: options.json === true,
          parent: options.parent,
        });
      });
    });
}

function withDefault({ summary, fallback }: { summary: string; fallback: string }): string {
  return `${summary} (default: ${fallback})`;
}
