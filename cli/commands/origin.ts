/** `origin`: serves a local stand-in for the sites until it is stopped. */

import { faultsHelp } from '../../origin/faults/table.js';
import type { OriginInput } from '../../origin/options.js';
import { createOrigin } from '../../origin/server.js';
import { EXIT, type ExitCode } from '../../shared/base/errors.js';
import { KIND_NAMES, kindOf } from '../../shared/kinds/kinds.js';
import {
  type CommonCommand,
  type Execute,
  notesText,
  type OptionsOf,
  repeatable,
  withExamples,
} from '../command.js';
import type { Session } from '../session.js';

/** Gives `origin` its options and action. */
export function defineOrigin(command: CommonCommand, execute: Execute): void {
  declareOrigin(command).action(async (options) => {
    await execute({ dataDir: options.data }, (session) => serveOrigin(session, options));
  });
}

function declareOrigin(command: CommonCommand) {
  return withExamples(command, [
    ['origin', 'any free port; prints the settings that point workers at it'],
    ['origin --port 4000 --latency 50 --jitter 20', 'answers take 50 to 70 ms'],
    ['origin --records recorded.jsonl', 'recorded bodies instead of invented comics'],
    ["origin --fault '429?rate=0.01&retry-after=2'", 'one request in a hundred is refused'],
  ])
    .addHelpText('after', notesText(faultsHelp()))
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <n>', 'port; 0 takes any that is free (default: 0)')
    .option('--latency <ms>', 'least time that an answer takes (default: 0)')
    .option('--jitter <ms>', 'random delay added to it, at most (default: 0)')
    .option('--records <file>', 'file of recorded answers to serve, one per line')
    .option(
      '--fault <fault>',
      'a fault and how often it happens, repeatable; the end of `origin --help` lists all',
      repeatable,
    )
    .option('--latest <n>', 'number of the newest invented comic')
    .option('--seed <n>', 'seed of everything random');
}

type OriginFlags = OptionsOf<typeof declareOrigin>;

/** Serves until the session's signal; prints the settings that point the other commands there. */
async function serveOrigin(session: Session, flags: OriginFlags): Promise<ExitCode> {
  const origin = createOrigin(inputOf(flags));
  await session.serve(origin, () => {
    const settings = settingsOf(origin.url);
    if (flags.json)
      session.terminal.printJson({ url: origin.url, latest: origin.latest, settings });
    else {
      session.terminal.note(`The stand-in answers at ${origin.url} (Ctrl-C stops it). To use it:`);
      for (const [variable, url] of Object.entries(settings)) {
        session.terminal.print(`export ${variable}='${url}'`);
      }
      session.terminal.note(
        'Name a directory of its own to the commands there, such as --data stand-in: it holds the results of one site.',
      );
    }
  });
  return EXIT.ok;
}

function inputOf(flags: OriginFlags): OriginInput {
  return {
    ...(flags.host === undefined ? {} : { host: flags.host }),
    ...numberOf('port', flags.port),
    ...numberOf('latencyMs', flags.latency),
    ...numberOf('jitterMs', flags.jitter),
    ...numberOf('latest', flags.latest),
    ...numberOf('seed', flags.seed),
    ...(flags.records === undefined ? {} : { recordsFile: flags.records }),
    ...(flags.fault === undefined ? {} : { faults: flags.fault }),
  };
}

/** Text that is not a number becomes NaN, which the origin refuses by the name of the option. */
function numberOf<Name extends string>(
  name: Name,
  text: string | undefined,
): Partial<Record<Name, number>> {
  if (text === undefined) return {};
  const number: Partial<Record<Name, number>> = {};
  number[name] = text.trim() === '' ? Number.NaN : Number(text);
  return number;
}

/** The variables that point every kind with a site to the stand-in. */
export function settingsOf(url: string): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const name of KIND_NAMES) {
    const site = kindOf(name).site;
    if (site === undefined) continue;
    settings[site.urlVariable] = `${url}${pathOf(site.defaultUrl)}`;
    if (site.latest !== undefined) {
      settings[site.latest.urlVariable] = `${url}${pathOf(site.latest.defaultUrl)}`;
    }
  }
  return settings;
}

/** Path and query of a URL template, its placeholder untouched. */
function pathOf(template: string): string {
  return template.replace(/^https?:\/\/[^/]+/, '');
}
