/** The commands as data, read from their definitions: what completion and the manual page say of them. */

import type { Argument, CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { FAULTS } from '../../origin/faults/table.js';
import { REASONS } from '../../shared/base/outcome.js';
import { KIND_NAMES, kindOf } from '../../shared/kinds/kinds.js';
import { QUEUES } from '../../shared/queues/queue.js';
import { RUN_STATES } from '../../shared/runs/run.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** What may stand for a value: certain words, what lies in the file system, or anything else. */
export type Value = readonly string[] | 'file' | 'directory' | 'any';

export interface CommandOutline {
  readonly name: string;
  readonly summary: string;
  readonly arguments: readonly ArgumentOutline[];
  readonly options: readonly OptionOutline[];
}

export interface ArgumentOutline {
  readonly name: string;
  readonly description: string;
  readonly isVariadic: boolean;
  readonly value: Value;
}

export interface OptionOutline {
  /** As they are typed: `-c` and `--concurrency`. */
  readonly flags: readonly string[];
  /** The name of its value in the help; undefined for a switch. */
  readonly placeholder: string | undefined;
  /** Whether the next word is its value, whatever that is. */
  readonly takesWord: boolean;
  readonly description: string;
  readonly isRepeatable: boolean;
  /** `any` for a switch. */
  readonly value: Value;
}

/** The outline of a command that has been defined; hidden options are left out. */
export function outlineOf(command: CommandUnknownOpts): CommandOutline {
  return {
    name: command.name(),
    summary: command.summary(),
    arguments: command.registeredArguments.map(argumentOf),
    options: [...command.options.filter(({ hidden }) => !hidden).map(optionOf), HELP],
  };
}

/** Every flag of any command whose next word is its value. */
export function valueFlags(commands: readonly CommandOutline[]): string[] {
  const taking = commands.flatMap(({ options }) => options).filter(({ takesWord }) => takesWord);
  return [...new Set(taking.flatMap(({ flags }) => flags))].toSorted();
}

const HELP: OptionOutline = {
  flags: ['-h', '--help'],
  placeholder: undefined,
  takesWord: false,
  description: 'show this help',
  isRepeatable: false,
  value: 'any',
};

function argumentOf(argument: Argument): ArgumentOutline {
  const { description, variadic: isVariadic } = argument;
  const name = argument.name();
  return { name, description, isVariadic, value: PLACEHOLDERS[name] ?? 'any' };
}

function optionOf({ short, long = '', flags, description, required }: Option): OptionOutline {
  const placeholder = /[<[](.+)[>\]]/.exec(flags)?.[1];
  return {
    flags: short === undefined ? [long] : [short, long],
    placeholder,
    takesWord: required,
    description,
    isRepeatable: description.includes('repeatable'),
    value: FLAG_WORDS[long] ?? PLACEHOLDERS[placeholder ?? ''] ?? 'any',
  };
}

const PLURALS = KIND_NAMES.map((name) => kindOf(name).plural);

/** Values by the word that stands for them in the help. */
const PLACEHOLDERS: Readonly<Record<string, Value>> = {
  dir: 'directory',
  place: 'directory',
  file: 'file',
  kind: PLURALS,
  kinds: PLURALS,
  queue: QUEUES.map(({ name }) => name),
  state: RUN_STATES,
  reason: Object.keys(REASONS),
  rate: ['off'],
  fault: Object.keys(FAULTS),
  shell: SHELLS,
};

/** Words of options whose values have no word of their own in the help. */
const FLAG_WORDS: Readonly<Record<string, Value>> = {
  '--durability': ['full', 'rename'],
  '--log-format': ['text', 'json'],
};
