/** The configuration: flag, then environment, then `.env`, then default; read once per command. */

import { isIP, isIPv6 } from 'node:net';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { CommandError, errorCode, errorText, EXIT } from '../shared/base/errors.js';
import { safeText } from '../shared/base/safe-text.js';
import { readTextFile } from '../shared/base/text-file.js';
import { KIND_NAMES } from '../shared/kinds/kinds.js';
import { readSites, type Sites, siteVariables } from '../shared/kinds/site.js';
import { concurrencyOf, intervalsOf, kindsOf, parseDuration, suggestion } from './arguments.js';
import {
  EMBEDDED_REDIS_VARIABLES,
  SETTING_NAMES,
  type SettingName,
  settingOf,
  SETTINGS,
} from './settings.js';

/** The longest delay of Node's timers. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** The one schema of all settings; the table in `settings.ts` has their sources. */
const Values = z.object({
  redisUrl: z.string().optional(),
  redisPassword: z.string().optional(),
  redisPasswordFile: z.string().optional(),
  sentinelUsername: z.string().optional(),
  sentinelPassword: z.string().optional(),
  redisCa: z.string().optional(),
  redisCert: z.string().optional(),
  redisKey: z.string().optional(),
  dataDir: z.string(),
  outDir: z.string().optional(),
  logLevel: oneOf(['silent', 'error', 'warn', 'info', 'debug']),
  logFormat: oneOf(['text', 'json']).optional(),
  otlpEndpoint: httpUrl().optional(),
  contact: headerText().optional(),
  concurrency: z.string().optional(),
  rates: z.string().optional(),
  concurrencyMax: wholeNumber(1, 10_000),
  processes: wholeNumber(1, 256),
  kinds: z.string().optional(),
  durability: oneOf(['full', 'rename']),
  giveUpAfterMs: duration(),
  lockMs: wholeNumber(500, 600_000),
  blockPauseMs: wholeNumber(1, TIMER_MAX_MS),
  fetchDeadlineMs: wholeNumber(10, 3_600_000),
  bodyBytesMax: wholeNumber(1, 2 ** 30).optional(),
  shutdownGraceMs: wholeNumber(0, 3_600_000),
  host: z.string(),
  port: wholeNumber(0, 65_535),
  password: z.string().optional(),
  passwordFile: z.string().optional(),
  allowedHosts: hostNames(),
  writable: oneOf(['yes', 'no']).transform((text) => text === 'yes'),
  basePath: pathPrefix(),
  trustedProxies: wordList().refine((words) => words.every(isProxy), {
    error: 'must be addresses, subnets such as 10.0.0.0/8, loopback, linklocal or uniquelocal',
  }),
} satisfies Record<SettingName, z.ZodType>);

export type Configuration = z.infer<typeof Values> & { readonly sites: Sites };

/** Flags as typed; undefined where one was not given. */
export type Flags = Readonly<Partial<Record<SettingName, string | undefined>>>;

export interface Sources {
  readonly flags: Flags;
  readonly environment: Environment;
  /** What `.env` holds. */
  readonly file: Environment;
  /** The data directory of the project that the working directory is below, where it has none itself. */
  readonly foundDataDir?: string | undefined;
}

export interface ReadConfiguration {
  readonly configuration: Configuration;
  /** What is odd but harmless, one line each. */
  readonly warnings: readonly string[];
}

/**
 * Reads the configuration.
 *
 * @throws CommandError that lists every problem at once: (usage) when all of them are in flags, else
 * (badConfig).
 */
export function readConfiguration(sources: Sources): ReadConfiguration {
  const variables = { ...withoutEmpty(sources.file), ...withoutEmpty(sources.environment) };
  const parsed = Values.safeParse(textsOf(sources));
  const fromFlags: string[] = [];
  const fromVariables: string[] = [];
  for (const issue of parsed.error?.issues ?? []) {
    const name = SETTING_NAMES.find((setting) => setting === issue.path[0]);
    if (name === undefined) continue;
    const flagged = sources.flags[name] !== undefined;
    const text = sources.flags[name] ?? variables[SETTINGS[name].variable] ?? '';
    (flagged ? fromFlags : fromVariables).push(problemLine(name, flagged, text, issue.message));
  }
  fromVariables.push(...unreadable(sources));
  const sites = readSites(variables, fromVariables);
  if (!parsed.success || fromVariables.length > 0) refuse(fromFlags, fromVariables);
  return {
    configuration: { ...parsed.data, sites },
    warnings: unknownVariables(variables),
  };
}

/** What a command reads only when it needs it, and which a typed flag makes an error of usage. */
const READ_LATER = {
  concurrency: (text: string) => concurrencyOf(text, KIND_NAMES),
  rates: (text: string) => intervalsOf(text, KIND_NAMES),
  kinds: (text: string) => kindsOf(text, KIND_NAMES),
} as const;

/** Variables that could not be read then, with why. */
function unreadable(sources: Sources): string[] {
  return SETTING_NAMES.flatMap((name) => {
    if (!isReadLater(name) || sources.flags[name] !== undefined) return [];
    const { text } = sourced(name, sources);
    try {
      if (text !== undefined) READ_LATER[name](text);
      return [];
    } catch (error) {
      return [`${SETTINGS[name].variable}: ${errorText(error)}`];
    }
  });
}

function isReadLater(name: SettingName): name is keyof typeof READ_LATER {
  return name in READ_LATER;
}

function textsOf(sources: Sources): Record<string, string | undefined> {
  return Object.fromEntries(SETTING_NAMES.map((name) => [name, sourced(name, sources).text]));
}

/** Where the value of a setting came from. */
export type Source = 'flag' | 'environment' | '.env' | 'found' | 'default';

export interface Sourced {
  /** As it was typed; undefined where there is no value and no default that could be typed. */
  readonly text: string | undefined;
  readonly source: Source;
}

/** The value of a setting and its source: the first that has one. */
export function sourced(name: SettingName, sources: Sources): Sourced {
  const { variable, fallback } = settingOf(name);
  const flag = sources.flags[name];
  if (flag !== undefined) return { text: flag, source: 'flag' };
  const set = sourcedVariable(variable, sources);
  if (set !== undefined) return set;
  const { foundDataDir } = sources;
  return name === 'dataDir' && foundDataDir !== undefined
    ? { text: foundDataDir, source: 'found' }
    : { text: fallback, source: 'default' };
}

/** The value of a variable and its source; undefined where it is not set, or empty. */
export function sourcedVariable(
  variable: string,
  { environment, file }: Pick<Sources, 'environment' | 'file'>,
): Sourced | undefined {
  const fromEnvironment = withoutEmpty(environment)[variable];
  if (fromEnvironment !== undefined) return { text: fromEnvironment, source: 'environment' };
  const fromFile = withoutEmpty(file)[variable];
  return fromFile === undefined ? undefined : { text: fromFile, source: '.env' };
}

/** Compose files and shells pass variables that are set but empty. */
function withoutEmpty(environment: Environment): Record<string, string> {
  const entries = Object.entries(environment).flatMap(([variable, text]) =>
    text === undefined || text === '' ? [] : [[variable, text] as const],
  );
  return Object.fromEntries(entries);
}

function problemLine(name: SettingName, flagged: boolean, text: string, problem: string): string {
  const { variable, flag, secret } = settingOf(name);
  const got = secret === true ? '' : `, got "${safeText(text, 60)}"`;
  return `${flagged ? flag : variable} ${problem}${got}`;
}

function refuse(fromFlags: readonly string[], fromVariables: readonly string[]): never {
  const problems = [...fromFlags, ...fromVariables];
  const [first = '', ...others] = problems;
  throw new CommandError(
    fromVariables.length > 0 ? EXIT.badConfig : EXIT.usage,
    others.length === 0
      ? `Cannot use this configuration: ${first}`
      : `Cannot use this configuration:\n${problems.map((line) => `  ${line}`).join('\n')}`,
  );
}

/** Every environment variable that is read. */
export function knownVariables(): string[] {
  return [
    ...SETTING_NAMES.map((name) => SETTINGS[name].variable),
    ...siteVariables(),
    ...Object.keys(EMBEDDED_REDIS_VARIABLES),
  ];
}

function unknownVariables(variables: Environment): string[] {
  const known = knownVariables();
  return Object.keys(variables)
    .filter((variable) => variable.startsWith('COMIC_QUEUE_') && !known.includes(variable))
    .map(
      (variable) =>
        `${safeText(variable)} is set but means nothing here.${suggestion(variable, known)}`,
    );
}

function wholeNumber(min: number, max: number) {
  const problem = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, problem)
    .transform(Number)
    .refine((value) => value >= min && value <= max, problem);
}

function oneOf<const Word extends string>(words: readonly Word[]) {
  return z.enum(words, `must be ${words.join(' or ')}`);
}

function duration() {
  return z.string().transform((text, context) => {
    const ms = parseDuration(text);
    if (ms !== undefined) return ms;
    context.addIssue({ code: 'custom', message: 'must be a time such as 90s, 15m, 24h or 7d' });
    return z.NEVER;
  });
}

function httpUrl() {
  return z.string().refine((text) => URL.canParse(text) && /^https?:/i.test(text), {
    error: 'must be a URL such as http://127.0.0.1:4318',
  });
}

/** Text that is valid in an HTTP header. */
function headerText() {
  return z.string().regex(/^[\u0020-\u007e]{1,200}$/, 'must be at most 200 plain characters');
}

function hostNames() {
  return wordList().transform((words, context) => {
    const names = words.map(hostNameOf);
    if (!names.includes(undefined)) return names.filter((name) => name !== undefined);
    const message = 'must be names such as board.example, separated by commas';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}

/** As browsers send it: in lower case, in ASCII (xn--…), and without the port, which does not matter. */
function hostNameOf(word: string): string | undefined {
  const url = `http://${isIPv6(word) ? `[${word}]` : word}`;
  return URL.canParse(url) && !/[/?#@*]/.test(word) ? new URL(url).hostname : undefined;
}

function wordList() {
  return z
    .string()
    .default('')
    .transform((text) =>
      text.split(',').flatMap((word) => (word.trim() === '' ? [] : [word.trim()])),
    );
}

/** A path without a slash at its end; the root is one slash. */
function pathPrefix() {
  return z
    .string()
    .regex(/^\/(?:[\w.~-]+(?:\/[\w.~-]+)*\/?)?$/, {
      error: 'must be a path that begins with a slash, such as /queue',
    })
    .transform((path) => (path === '/' ? path : path.replace(/\/$/, '')));
}

const PROXY_NAMES: ReadonlySet<string> = new Set(['loopback', 'linklocal', 'uniquelocal']);

/** Whether express takes a word for a proxy, or for a network of them. */
function isProxy(word: string): boolean {
  const [address = '', prefix, ...more] = word.split('/');
  const bits = isIP(address) === 6 ? 128 : 32;
  const isNetwork = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits);
  return PROXY_NAMES.has(word) || (isIP(address) !== 0 && isNetwork && more.length === 0);
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the `.env` of a directory; empty where there is none.
 *
 * @throws CommandError (badConfig) when it cannot be read.
 */
export async function readEnvironmentFile(directory: string): Promise<Environment> {
  const path = join(directory, '.env');
  try {
    return parseEnv(await readTextFile(path));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return {};
    throw new CommandError(EXIT.badConfig, `Cannot read ${path}: ${errorText(error)}`, {
      cause: error,
    });
  }
}
