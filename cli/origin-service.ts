/** The stand-in as a command: served until the command is told to stop. */

import { createOrigin } from '../origin/server.js';
import type { OriginInput } from '../origin/options.js';
import { KIND_NAMES, kindOf } from '../shared/kinds/kinds.js';
import { serviceRun } from './service-run.js';
import type { Session } from './session.js';

/** What was typed. */
interface OriginFlags {
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly latency?: string | undefined;
  readonly jitter?: string | undefined;
  readonly records?: string | undefined;
  readonly faults?: string | undefined;
  readonly latest?: string | undefined;
  readonly seed?: string | undefined;
  readonly json?: true | undefined;
}

/** Serves until the session's signal; prints where, and the settings that lead there. */
export async function serveOrigin(session: Session, flags: OriginFlags): Promise<void> {
  const origin = createOrigin(inputOf(flags));
  await serviceRun(session, origin, () => {
    const settings = settingsOf(origin.url);
    if (flags.json)
      session.terminal.printJson({ url: origin.url, latest: origin.latest, settings });
    else {
      session.terminal.note(`The stand-in answers at ${origin.url} (Ctrl-C ends it). Use it with:`);
      for (const [variable, url] of Object.entries(settings)) {
        session.terminal.print(`export ${variable}='${url}'`);
      }
    }
  });
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
    ...(flags.faults === undefined ? {} : { faults: flags.faults }),
  };
}

/** Text that is no number becomes NaN, which the origin refuses by the name of the option. */
function numberOf<Name extends string>(
  name: Name,
  text: string | undefined,
): Partial<Record<Name, number>> {
  if (text === undefined) return {};
  const number: Partial<Record<Name, number>> = {};
  number[name] = text.trim() === '' ? Number.NaN : Number(text);
  return number;
}

/** The variables that send every kind with a site to the stand-in. */
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
