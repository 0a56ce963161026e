/** `demo`: all of it on this machine, offline. */

import { type CommonCommand, examplesText, type Execute } from '../command.js';
import { demo, type DemoFlags } from '../demo/demo.js';

/** Gives `demo` its options and action. */
export function defineDemo(command: CommonCommand, execute: Execute): void {
  command
    .addHelpText(
      'before',
      examplesText([
        ['demo', 'comics 1-200, one at a time and then 50 at a time; about a minute'],
        ['demo --keep-open', 'then leave the board running'],
        ['demo 1-50 -c 10 --repeat 1', 'shorter'],
      ]),
    )
    .argument('[words...]', 'comics by number (default: 1-200)')
    .option('-c, --concurrency <n>', 'jobs at a time (default: 50)')
    .option('--latency <ms>', 'how long the stand-in takes to answer (default: 50)')
    .option('--repeat <n>', 'how many times to measure; the median counts (default: 5)')
    .option('--keep-open', 'leave the board running until Ctrl-C')
    .option('--port <n>', 'port of the board (default: 3000)')
    .action(async (words, options) => {
      const flags: DemoFlags = { words, ...options };
      await execute({ dataDir: options.data, port: options.port }, async (session) => {
        return demo(session, flags);
      });
    });
}
