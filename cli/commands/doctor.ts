/** `doctor`: looks for what would go wrong later. */

import { type CommonCommand, examplesText, type Run } from '../command.js';

/** Gives `doctor` its options and action. */
export function defineDoctor(command: CommonCommand, run: Run): void {
  command
    .addHelpText(
      'before',
      examplesText([
        ['doctor', 'contacts no site'],
        ['doctor --online', 'also asks each site for its latest number'],
      ]),
    )
    .option('--out <dir>', 'directory of the results (default: the data directory)')
    .option('--online', 'ask the sites, one request each')
    .action(async ({ data, json, out, online }) => {
      await run({ dataDir: data, outDir: out }, async (session) => {
        const { examine } = await import('../doctor/examination.js');
        return examine(session, { online: online === true, json: json === true });
      });
    });
}
