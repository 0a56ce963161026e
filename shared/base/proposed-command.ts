/**
 * The commands that messages propose. They work as pasted: they begin as the person began, and name
 * the data directory or the Redis where those are not the default ones.
 */

/** How the program was called, and what every further command needs to reach the same queues. */
export interface Invocation {
  /** `comic-queue`, `npx comic-queue` or `node dist/cli/main.js`. */
  readonly program: string;
  /** How commands are called that have a way of their own: `{work: 'npm run worker'}`. */
  readonly scripts: Readonly<Record<string, string>>;
  /** Variables that go before, as a shell reads them: `REDIS_URL=redis://10.0.0.5`. */
  readonly variables: readonly string[];
  /** Words that go behind: `--data` and the directory. */
  readonly options: readonly string[];
}

const DEFAULT: Invocation = { program: 'comic-queue', scripts: {}, variables: [], options: [] };

/** One a process, as its arguments are. */
let current = DEFAULT;

/** Says how this process was called. */
export function setInvocation(invocation: Invocation | undefined): void {
  current = invocation ?? DEFAULT;
}

/** The command of these words: `proposed('wait', 'run-7')`. Each word is quoted where a shell needs it. */
export function proposed(verb: string, ...words: readonly string[]): string {
  return proposedWith({}, verb, ...words);
}

/** As {@link proposed}, with variables that this command alone needs. */
export function proposedWith(
  variables: Readonly<Record<string, string>>,
  verb: string,
  ...words: readonly string[]
): string {
  const { program, scripts, options } = current;
  const own = Object.entries(variables).map(([name, value]) => `${name}=${shellWord(value)}`);
  const script = scripts[verb];
  const rest = [...words, ...options].map(shellWord);
  // npm keeps what follows the dashes for itself to pass on; alone they would only puzzle.
  const dashes = rest.length > 0 ? ['--'] : [];
  const head = script === undefined ? [program, verb] : [script, ...dashes];
  return [...current.variables, ...own, ...head, ...rest].join(' ');
}

/** A word as a POSIX shell reads it back. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A word of a command: bare, or with quoted parts; what ends a sentence or a clause is not of it. */
const WORD = String.raw`(?:'[^']*'|\\'|[^\s';.,()]|[.,](?=[^\s]))+`;

/** The pieces of a line that may stand on rows of their own: its words, and whole proposed commands. */
export function unbreakable(line: string): string[] {
  const scripts = Object.values(current.scripts).map((script) => `|${escaped(script)}(?: --)?`);
  // A script may be a whole command; the name of the program begins other sentences, too.
  const starts = String.raw`${escaped(current.program)}(?: ${WORD})${scripts.join('')}`;
  const variables = String.raw`(?:[A-Z_]+=${WORD} )*`;
  const command = String.raw`${variables}(?:${starts})(?: ${WORD})*[;.,)]*`;
  return line.match(new RegExp(String.raw`\s*(?:${command}|\S+)`, 'g')) ?? [];
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
