/** `verify`: whether every kept result is still what was stored. */

import { type CommonCommand, examplesText, type Run } from '../command.js';

/** Gives `verify` its options and action. */
export function defineVerify(command: CommonCommand, run: Run): void {
  command
    .addHelpText(
      'before',
      examplesText([
        ['verify', 'the results in ./data; exit code 1 when one is damaged'],
        ['verify --out /srv/comics', 'the results of another directory'],
      ]),
    )
    .option('--out <dir>', 'directory of the results (default: the data directory)')
    .action(async ({ data, json, out }) => {
      await run({ dataDir: data, outDir: out }, async (session) => {
        const { verifyResults } = await import('../verify/verify-results.js');
        return verifyResults(session, json === true);
      });
    });
}
