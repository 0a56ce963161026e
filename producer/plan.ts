/** Reads what a person typed, and the files it names, as the plan of a run. */

import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setImmediate as breathe } from 'node:timers/promises';
import { CommandError, EXIT } from '../shared/base/errors.js';
import { safeText, trimWord } from '../shared/base/safe-text.js';
import type { Parsed, Sequence } from '../shared/kinds/kind.js';
import { type AnyInput, type AnyKind, type KindName, kindOf } from '../shared/kinds/kinds.js';
import { type Site, siteIdentity } from '../shared/kinds/site.js';
import { formatCount } from '../shared/report/format.js';
import type { NewRun } from '../shared/runs/run-store.js';
import { type Word, wordBatches } from './input-file.js';
import { Selection } from './selection.js';

/** Inputs hashed at once, between two looks at the signal. */
const HASH_INPUTS = 1000;

/** Words named in one message. */
const PROBLEMS_SHOWN = 20;

/** Longest part of a word that a message repeats, in characters. */
const SHOWN_MAX = 80;

/** How the jobs of a run are done, whatever its inputs. */
export interface RunSettings {
  readonly kind: KindName;
  readonly baseline: boolean;
  readonly times: number;
  readonly attempts: number;
  readonly refetch: boolean;
  /** Whether the jobs go before those that wait. */
  readonly front?: boolean;
  readonly group?: number;
  readonly pass?: number;
  readonly retryOf?: number;
  readonly title?: string;
}

export interface RunRequest extends RunSettings {
  readonly words: readonly string[];
  /** Paths of input files; `-` is standard input. */
  readonly inputFiles: readonly string[];
}

export interface PlanContext {
  /** The site as configured; undefined for a kind without one. */
  readonly site: Site | undefined;
  /** Asks the site for its latest number: called at most once, and only if a word needs it. */
  readonly latest: (signal: AbortSignal) => Promise<number>;
  readonly stdin: Readable;
  readonly signal: AbortSignal;
}

export interface RunPlan {
  /** The run as it will be recorded: its counts, its digest, and its selection as one line. */
  readonly run: NewRun;
  /** The inputs of the run's jobs after the first `done` of them, in order. */
  inputs(done: number): Iterable<AnyInput>;
  /** The words of `enqueue` that ask for the same again; undefined where nothing was typed. */
  readonly typed?: readonly string[];
  /** Makes the plan of a run of another kind, whose inputs are the same. */
  ofKind(kind: KindName, site: Site | undefined): Promise<RunPlan>;
}

/**
 * Reads a request to its end and checks it, before anything is queued.
 *
 * @throws CommandError: usage for a bad word, an empty or too large selection; no input for a file
 * that cannot be read; unavailable when the site does not tell its latest number and a word needs it.
 */
export async function planRun(request: RunRequest, context: PlanContext): Promise<RunPlan> {
  const { words, inputFiles, ...settings } = request;
  const kind = kindOf(settings.kind);
  let latest: number | undefined;
  const selection = new Selection(kind, settings.times);
  const problems = new WordProblems();
  for await (const batch of allWords(words, inputFiles, context)) {
    for (const word of batch) {
      let sequences = readWord(kind, word, latest, problems);
      if (sequences === undefined && problems.count === 0) {
        latest = await context.latest(context.signal);
        sequences = readWord(kind, word, latest, problems);
      }
      if (problems.count > 0) continue;
      for (const sequence of sequences ?? []) selection.add(sequence);
    }
    context.signal.throwIfAborted();
    await breathe();
  }
  problems.throwIfAny();
  return withWords(await planOf(selection, settings, context), request);
}

function withWords(plan: RunPlan, request: RunRequest): RunPlan {
  return {
    ...plan,
    typed: typedWords(request),
    ofKind: async (kind, site) => withWords(await plan.ofKind(kind, site), { ...request, kind }),
  };
}

function typedWords({ kind, words, inputFiles, times }: RunRequest): string[] {
  return [
    kindOf(kind).plural,
    ...words,
    ...inputFiles.flatMap((path) => ['--input', path]),
    ...(times > 1 ? ['--times', String(times)] : []),
  ];
}

async function* allWords(
  typed: readonly string[],
  inputFiles: readonly string[],
  { stdin, signal }: PlanContext,
): AsyncGenerator<Iterable<Word>> {
  yield typed.map((text) => ({ text, place: '' }));
  for (const path of inputFiles) yield* wordBatches(path, stdin, signal);
}

/**
 * Parses a word: into several sequences where its kind has a separator, into undefined where the
 * site's latest number is needed and not known yet. What cannot be read is added to the problems.
 */
function readWord(
  kind: AnyKind,
  word: Word,
  latest: number | undefined,
  problems: WordProblems,
): Sequence<AnyInput>[] | undefined {
  const { separator } = kind;
  const parts = separator === undefined ? [word.text] : word.text.split(separator);
  const sequences: Sequence<AnyInput>[] = [];
  for (const part of parts) {
    const parsed = resolved(kind.parse(trimWord(part)), latest);
    if (parsed.type === 'needs-latest') return undefined;
    if (parsed.type === 'problem') problems.add(part, word.place, parsed.problem);
    else sequences.push(parsed.sequence);
  }
  return sequences;
}

function resolved(parsed: Parsed<AnyInput>, latest: number | undefined): Parsed<AnyInput> {
  return parsed.type === 'needs-latest' && latest !== undefined ? parsed.resolve(latest) : parsed;
}

/** Words that cannot be read: all of them are counted, and the first are named. */
class WordProblems {
  readonly #first: string[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(text: string, place: string, fact: string): void {
    this.#count += 1;
    if (this.#first.length === PROBLEMS_SHOWN) return;
    const where = place === '' ? '' : ` at ${place}`;
    this.#first.push(`"${safeText(text, SHOWN_MAX)}"${where}: ${fact}`);
  }

  /** @throws CommandError (usage) that names the words and their places. */
  throwIfAny(): void {
    const [first, ...others] = this.#first;
    if (first === undefined) return;
    const more = this.#count - this.#first.length;
    const list = [...this.#first, ...(more > 0 ? [`and ${formatCount(more)} more`] : [])];
    const text =
      others.length === 0
        ? `Cannot read ${first}. Correct it and try again; nothing was queued`
        : `Cannot read ${formatCount(this.#count)} words. Correct them and try again; nothing was queued:\n${list.map((line) => `  ${line}`).join('\n')}`;
    throw new CommandError(EXIT.usage, text);
  }
}

/** The plan of a complete selection. */
export async function planOf(
  selection: Selection,
  settings: RunSettings,
  { site, signal }: Pick<PlanContext, 'site' | 'signal'>,
): Promise<RunPlan> {
  const { kind, times } = settings;
  const { asked, length, text } = selection;
  if (length === 0) throw emptySelection(kind);
  const run: NewRun = {
    ...settings,
    selection: text,
    digest: await digestOf(selection, settings, signal),
    site: siteIdentity(site?.url ?? ''),
    asked,
    duplicates: asked - length,
    total: length * times,
  };
  return {
    run,
    inputs: (done) => repeated(selection, done, run.total),
    ofKind: (other, otherSite) =>
      planOf(selection, { ...settings, kind: other }, { site: otherSite, signal }),
  };
}

/** The request asks for nothing: no usage error where it was read from a file that holds nothing. */
export class EmptySelectionError extends CommandError {}

function emptySelection(kind: KindName): EmptySelectionError {
  const { plural, examples } = kindOf(kind);
  return new EmptySelectionError(
    EXIT.usage,
    `Cannot make a run of no ${plural}: the selection is empty. Give some, as in: ${plural} ${examples.slice(0, 2).join(' ')}`,
  );
}

/** SHA-256 over the kind, how often the selection is done, and its inputs in their order. */
async function digestOf(
  selection: Selection,
  settings: RunSettings,
  signal: AbortSignal,
): Promise<string> {
  const kind = kindOf(settings.kind);
  const hash = createHash('sha256').update(`${kind.name} ${settings.times}\n`);
  let lines = '';
  let inputs = 0;
  for (const input of selection.inputs()) {
    lines += `${kind.format(input)}\n`;
    inputs += 1;
    if (inputs % HASH_INPUTS !== 0) continue;
    hash.update(lines);
    lines = '';
    signal.throwIfAborted();
    await breathe();
  }
  return hash.update(lines).digest('hex');
}

/** The inputs of a selection that is done until there are `total` jobs, after the first `done`. */
function* repeated(selection: Selection, done: number, total: number): Generator<AnyInput> {
  const { length } = selection;
  for (let next = done; next < total; next += length - (next % length)) {
    yield* selection.inputs(next % length);
  }
}
