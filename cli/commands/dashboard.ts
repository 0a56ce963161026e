/** `dashboard`: the board, until it is stopped. */

import { type CommonCommand, examplesText, type Run } from '../command.js';
import { SETTINGS } from '../settings.js';

/** Gives `dashboard` its options and action. */
export function defineDashboard(command: CommonCommand, run: Run): void {
  command
    .addHelpText(
      'before',
      examplesText([
        ['dashboard', 'on http://127.0.0.1:3000, for this machine only'],
        ['dashboard --port 0', 'on any port that is free'],
        ['dashboard --host 0.0.0.0 --password-file secret', 'for others, with a password'],
      ]),
    )
    .option('--port <n>', `${SETTINGS.port.summary} (default: ${SETTINGS.port.fallback})`)
    .option('--host <address>', `${SETTINGS.host.summary} (default: ${SETTINGS.host.fallback})`)
    .option('--password-file <file>', SETTINGS.passwordFile.summary)
    .option('--allow-host <names>', SETTINGS.allowedHosts.summary)
    .option('--writable', 'let the board retry, promote, pause and resume')
    .option('--out <dir>', 'directory of the results (default: the data directory)')
    .action(async (options) => {
      const flags = {
        dataDir: options.data,
        outDir: options.out,
        port: options.port,
        host: options.host,
        passwordFile: options.passwordFile,
        allowedHosts: options.allowHost,
        writable: options.writable ? 'yes' : undefined,
      };
      await run(flags, async (session) => {
        const { serveDashboard } = await import('../dashboard-service.js');
        return serveDashboard(session, options.json === true);
      });
    });
}
