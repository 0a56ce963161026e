/** `config`: every setting, its value, and where it came from. */

import { CommandError, EXIT } from '../../shared/base/errors.js';
import { safeText, siteText } from '../../shared/base/safe-text.js';
import { type AnyKind, KIND_NAMES, kindOf } from '../../shared/kinds/kinds.js';
import { describeAddress, parseRedisAddress } from '../../shared/redis/address.js';
import { type CommonCommand, type Execute, withExamples } from '../command.js';
import {
  type Source,
  type Sourced,
  sourced,
  sourcedVariable,
  type Sources,
} from '../configuration.js';
import { readSources } from '../run-command.js';
import { NO_FIGURE } from '../run-text.js';
import { EMBEDDED_REDIS_VARIABLES, SETTING_NAMES, settingOf } from '../settings.js';
import { type Column, tableLines } from '../terminal.js';

/** Gives `config` its action. */
export function defineConfig(command: CommonCommand, execute: Execute): void {
  withExamples(command, [
    ['config', 'what a command without flags takes here'],
    ['config --json', 'as {"settings": […]}'],
  ]).action(async ({ data, json }) => {
    const flags = { dataDir: data };
    await execute(flags, async ({ terminal }) => {
      const settings = shownSettings(await readSources(flags));
      if (json) terminal.printJson({ settings });
      else {
        const lines = tableLines(COLUMNS, settings, terminal.tableWidth);
        for (const line of lines) terminal.print(line);
      }
      return EXIT.ok;
    });
  });
}

interface ShownSetting {
  readonly variable: string;
  readonly flag: string | null;
  /** In words where it is no value; null where there is none. A secret is never shown. */
  readonly value: string | null;
  readonly source: Source;
}

const COLUMNS: readonly Column<ShownSetting>[] = [
  { title: 'VARIABLE', text: ({ variable }) => variable },
  { title: 'FROM', text: ({ source }) => source },
  { title: 'VALUE', text: ({ value }) => value ?? NO_FIGURE },
];

/** In the order of docs/configuration.md. */
function shownSettings(sources: Sources): ShownSetting[] {
  const settings = SETTING_NAMES.map((name) => {
    const { variable, flag = null, otherwise = null, secret } = settingOf(name);
    const { text, source } = sourced(name, sources);
    const value = text === undefined ? otherwise : shownValue(variable, text, secret);
    return { variable, flag, value, source };
  });
  // The daemon reads these from the environment alone.
  const embedded = Object.entries(EMBEDDED_REDIS_VARIABLES).map(([variable, { otherwise }]) =>
    shownVariable(variable, sourcedVariable(variable, { ...sources, file: {} }), otherwise),
  );
  return [...settings, ...shownSites(sources), ...embedded];
}

function shownValue(variable: string, text: string, secret: true | undefined): string {
  if (variable === settingOf('redisUrl').variable) return shownAddress(text);
  if (variable === settingOf('otlpEndpoint').variable) return siteText(text);
  return secret === true ? '(set, not shown)' : safeText(text);
}

/** Without user, password and whatever else its URL holds. */
function shownAddress(url: string): string {
  try {
    return safeText(describeAddress(parseRedisAddress(url)));
  } catch (error) {
    if (error instanceof CommandError) return '(set, but not the URL of a Redis)';
    throw error;
  }
}

function shownSites(sources: Sources): ShownSetting[] {
  return KIND_NAMES.flatMap((name) => {
    const { site }: AnyKind = kindOf(name);
    const declared = [site, site?.latest].filter((one) => one !== undefined);
    return declared.map(({ urlVariable, defaultUrl }) =>
      shownVariable(urlVariable, sourcedVariable(urlVariable, sources), defaultUrl),
    );
  });
}

function shownVariable(variable: string, set: Sourced | undefined, fallback: string): ShownSetting {
  const value = siteText(set?.text ?? fallback);
  return { variable, flag: null, value, source: set?.source ?? 'default' };
}
