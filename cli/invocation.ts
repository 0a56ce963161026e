/** How this process was called, so that the commands it proposes work as pasted. */

import { basename, isAbsolute, relative, resolve } from 'node:path';
import { type Invocation, shellWord } from '../shared/base/proposed-command.js';
import type { Configuration, Environment } from './configuration.js';
import { SETTINGS } from './settings.js';

const PROGRAM = 'comic-queue';

/** The npm scripts of package.json that are commands, by the command. */
const SCRIPTS = {
  enqueue: 'producer',
  work: 'worker',
  dashboard: 'dashboard',
  compare: 'compare',
  demo: 'demo',
} as const;

export interface Caller {
  /** The path of the program, as the system passed it. */
  readonly path: string;
  readonly environment: Environment;
  readonly directory: string;
}

/** The caller of this process. */
export function thisCaller(): Caller {
  return { path: process.argv[1] ?? '', environment: process.env, directory: process.cwd() };
}

/** What the commands that this process proposes begin and end with. */
export function invocationOf(
  { dataDir, redisUrl }: Pick<Configuration, 'dataDir' | 'redisUrl'>,
  caller: Caller,
): Invocation {
  return {
    ...programOf(caller),
    variables: redisUrl === undefined ? [] : redisVariables(caller.environment),
    options: dataDir === SETTINGS.dataDir.fallback ? [] : ['--data', directoryOf(dataDir, caller)],
  };
}

function programOf({
  path,
  environment,
  directory,
}: Caller): Pick<Invocation, 'program' | 'scripts'> {
  const npx = { program: `npx ${PROGRAM}`, scripts: {} };
  const event = environment['npm_lifecycle_event'] ?? '';
  // `run-script` before npm 11.
  const isScript = (environment['npm_command'] ?? '').startsWith('run');
  if (isScript && Object.values<string>(SCRIPTS).includes(event)) {
    const scripts = Object.entries(SCRIPTS).map(
      ([verb, name]) => [verb, `npm run ${name}`] as const,
    );
    return { ...npx, scripts: Object.fromEntries(scripts) };
  }
  if (environment['npm_command'] === 'exec' && event === 'npx') return npx;
  if (basename(path) === PROGRAM) return { program: PROGRAM, scripts: {} };
  const near = relative(directory, path);
  const shown = near.startsWith('..') || isAbsolute(near) ? path : near;
  return { program: `node ${shellWord(shown)}`, scripts: {} };
}

/** npm runs a script in the folder of package.json, and the person may be in another. */
function directoryOf(dataDir: string, { environment, directory }: Caller): string {
  const typedIn = environment['INIT_CWD'] ?? directory;
  return typedIn === directory ? dataDir : resolve(directory, dataDir);
}

/** A variable of this shell, which another shell lacks; `.env` is read there, too. No password is shown. */
function redisVariables(environment: Environment): string[] {
  const { variable } = SETTINGS.redisUrl;
  const url = environment[variable] ?? '';
  if (url === '') return [];
  return [hasSecret(url) ? `${variable}="$${variable}"` : `${variable}=${shellWord(url)}`];
}

function hasSecret(url: string): boolean {
  return url.includes('@') || /[?&](?:\w*password|auth)=/i.test(url);
}
