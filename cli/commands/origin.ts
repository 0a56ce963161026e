/** `origin`: a local stand-in for the sites, until it is stopped. */

import { EXIT } from '../../shared/base/errors.js';
import { type CommonCommand, examplesText, type Run } from '../command.js';

/** Gives `origin` its options and action. */
export function defineOrigin(command: CommonCommand, run: Run): void {
  command
    .addHelpText(
      'before',
      examplesText([
        ['origin', 'any free port; prints the settings that point workers at it'],
        ['origin --port 4000 --latency 50 --jitter 20', 'answers take 50 to 70 ms'],
        ['origin --records recorded.jsonl', 'recorded bodies instead of invented comics'],
        ['origin --faults 429:rate=0.01,retry-after=2', 'and what else can go wrong'],
      ]),
    )
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <n>', 'port; 0 takes any that is free (default: 0)')
    .option('--latency <ms>', 'how long every answer takes at least (default: 0)')
    .option('--jitter <ms>', 'what is added to it at most (default: 0)')
    .option('--records <file>', 'recorded bodies to serve, one a line')
    .option('--faults <faults>', 'what goes wrong, and how often')
    .option('--latest <n>', 'number of the newest invented comic')
    .option('--seed <n>', 'what everything random derives from')
    .action(async (options) => {
      await run({ dataDir: options.data }, async (session) => {
        const { serveOrigin } = await import('../origin-service.js');
        await serveOrigin(session, options);
        return EXIT.ok;
      });
    });
}
