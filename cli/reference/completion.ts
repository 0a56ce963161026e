/** `completion SHELL`: prints the script by which a shell completes our commands; how each is made follows. */

import { CommandError, EXIT } from '../../shared/base/errors.js';
import { shellWord } from '../../shared/base/proposed-command.js';
import { safeText } from '../../shared/base/safe-text.js';
import { suggestion } from '../arguments.js';
import { type CommonCommand, type Define, type Execute, withExamples } from '../command.js';
import {
  type ArgumentOutline,
  type CommandOutline,
  type OptionOutline,
  type Shell,
  SHELLS,
  type Value,
  valueFlags,
} from './outline.js';

const SCRIPTS: Readonly<Record<Shell, (commands: readonly CommandOutline[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** Gives `completion` its argument and action; `outlines` reads the definitions of all commands. */
export function completionOf(outlines: () => Promise<readonly CommandOutline[]>): Define {
  return (command: CommonCommand, execute: Execute) => {
    withExamples(command, [
      ['completion bash > /etc/bash_completion.d/comic-queue', 'for all users'],
      ['completion zsh > ~/.zfunc/_comic-queue', 'where ~/.zfunc is in $fpath'],
      ['completion fish > ~/.config/fish/completions/comic-queue.fish', 'for good'],
      ['completion bash | source /dev/stdin', 'in this shell alone'],
    ])
      .argument('<shell>', SHELLS.join(', '))
      .action(async (name, { data, json }) => {
        await execute({ dataDir: data }, async ({ terminal }) => {
          const shell = requireShell(name);
          const script = SCRIPTS[shell](await outlines());
          if (json) terminal.printJson({ shell, script });
          else terminal.print(script.trimEnd());
          return EXIT.ok;
        });
      });
  };
}

/** @throws CommandError (usage) that lists the shells. */
function requireShell(text: string): Shell {
  const shell = SHELLS.find((one) => one === text);
  if (shell !== undefined) return shell;
  throw new CommandError(
    EXIT.usage,
    `There is no completion for "${safeText(text, 60)}": the shells are ${SHELLS.join(', ')}.${suggestion(text, SHELLS)}`,
  );
}

/**
 * The script for bash, without the package bash-completion. bash hands over the words of the line, split at `=`; what completes the last of them
 * follows from the verb, and from whether a flag before it wants a value.
 */
export function bashScript(commands: readonly CommandOutline[]): string {
  const verbs = commands.map(({ name }) => name).join(' ');
  return `# Completion of comic-queue in bash.
_comic_queue() {
  local current="\${COMP_WORDS[COMP_CWORD]}" verb='' flag='' place=0 words='' index word
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    if [[ $word == '=' ]]; then continue; fi
    if [[ -n $flag ]]; then flag=''; continue; fi
    case $word in
      ${valueFlags(commands).join('|')}) flag=$word ;;
      -*) ;;
      *) if [[ -z $verb ]]; then verb=$word; else place=$((place + 1)); fi ;;
    esac
  done
  if [[ $current == '=' ]]; then current=''; fi
  if [[ -n $flag ]]; then
    case "$verb $flag" in
${cases(commands.flatMap(flagCases))}
      *' --data') words='directory' ;;
    esac
  elif [[ $current == -* ]]; then
    case $verb in
      '') words='--data --json --help --version' ;;
${cases(commands.map(({ name, options }) => [[name], options.flatMap(({ flags }) => flags)]))}
    esac
  elif [[ -z $verb ]]; then
    words='${verbs} help'
  else
    case "$verb $place" in
      'help 0') words='${verbs}' ;;
${cases(commands.flatMap(argumentCases))}
    esac
  fi
  local IFS=$'\\n'
  case $words in
    file) compopt -o filenames 2> /dev/null; COMPREPLY=($(compgen -f -- "$current")) ;;
    directory) compopt -o filenames 2> /dev/null; COMPREPLY=($(compgen -d -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "\${words// /$IFS}" -- "$current")) ;;
  esac
}
complete -F _comic_queue comic-queue
`;
}

/** What a pattern of the script leads to. */
type Case = readonly [patterns: readonly string[], value: Value];

function flagCases({ name, options }: CommandOutline): Case[] {
  return options.flatMap(({ flags, value, placeholder }): Case[] =>
    placeholder === undefined ? [] : [[flags.map((flag) => `${name} ${flag}`), value]],
  );
}

function argumentCases({ name, arguments: taken }: CommandOutline): Case[] {
  return taken.map(({ value }, place) => [[`${name} ${place}`], value]);
}

function cases(all: readonly Case[]): string {
  return all
    .filter(([, value]) => value !== 'any')
    .map(([patterns, value]) => {
      const offered = typeof value === 'string' ? value : value.join(' ');
      return `      ${patterns.map(shellWord).join('|')}) words=${shellWord(offered)} ;;`;
    })
    .join('\n');
}

/** The script for zsh, by its own `_arguments`: for a file `_comic-queue` in `$fpath` and for `source` alike. */
export function zshScript(commands: readonly CommandOutline[]): string {
  const verbs = commands.map(({ name, summary }) => shellWord(`${name}:${escaped(summary)}`));
  return `#compdef comic-queue
# Completion of comic-queue in zsh.
_comic-queue() {
  local context state state_descr line
  typeset -A opt_args
  local -a verbs
  verbs=(
    ${verbs.join('\n    ')}
    'help:show the help of a command'
  )
  _arguments -C \\
    '--data[the data directory]:directory:_directories' \\
    '--json[print JSON instead of text]' \\
    '(- *)'{-h,--help}'[show the help]' \\
    '(- *)'{-V,--version}'[show the version]' \\
    '1: :->verb' \\
    '*:: :->rest' && return
  case $state in
    verb) _describe -t commands command verbs ;;
    rest)
      case $words[1] in
        help) _describe -t commands command verbs ;;
${commands.map(commandCase).join('\n')}
      esac
      ;;
  esac
}
if [[ $funcstack[1] == _comic-queue ]]; then
  _comic-queue "$@"
else
  compdef _comic-queue comic-queue
fi
`;
}

function commandCase({ name, options, arguments: taken }: CommandOutline): string {
  const specs = [...options.flatMap(optionSpecs), ...taken.map(argumentSpec)];
  return `        ${name}) _arguments -s ${specs.join(' \\\n          ')} ;;`;
}

/** `-c` excludes `--concurrency`, which is the same; a repeatable one excludes nothing. */
function optionSpecs(option: OptionOutline): string[] {
  const { flags, description, placeholder, takesWord, isRepeatable, value } = option;
  const before = isRepeatable ? '*' : `(${flags.join(' ')})`;
  const colon = takesWord ? ':' : '::';
  const after = placeholder === undefined ? '' : `${colon}${placeholder}:${actionOf(value)}`;
  return flags.map((flag) => shellWord(`${before}${flag}[${escaped(description)}]${after}`));
}

function argumentSpec({ name, isVariadic, value }: ArgumentOutline, place: number): string {
  return shellWord(`${isVariadic ? '*' : place + 1}:${name}:${actionOf(value)}`);
}

function actionOf(value: Value): string {
  if (value === 'file') return '_files';
  if (value === 'directory') return '_directories';
  // Empty, where anything may stand: a space would keep flags from being completed there.
  return value === 'any' ? '()' : `(${value.join(' ')})`;
}

/** Colons and brackets end a part of a spec. */
function escaped(text: string): string {
  return text.replaceAll(/[\\:[\]]/g, String.raw`\$&`);
}

/** The script for fish: two functions that read the line, and a `complete` for all that may come. */
export function fishScript(commands: readonly CommandOutline[]): string {
  const offers = commands.flatMap(({ name, summary }) => [
    offer('__comic_queue_at 0', words([name]), `-d ${quoted(summary)}`),
    offer('__comic_queue_at 1 help', words([name])),
  ]);
  return `# Completion of comic-queue in fish.
function __comic_queue_words --description 'The words before the cursor that are no flags and no values of flags'
    set -l isValue no
    for word in (commandline -opc)[2..-1]
        if test $isValue = yes
            set isValue no
            continue
        end
        switch $word
            case ${valueFlags(commands).join(' ')}
                set isValue yes
            case '-*'
            case '*'
                echo $word
        end
    end
end
function __comic_queue_at --argument-names count verb --description 'Whether there are so many of them, the first of which is the verb'
    set -l words (__comic_queue_words)
    test (count $words) -eq $count; and test "$words[1]" = "$verb"
end
function __comic_queue_verb --argument-names verb
    set -l words (__comic_queue_words)
    test "$words[1]" = "$verb"
end
complete -c comic-queue -f
${[
  offer('__comic_queue_at 0', '-l data -x', "-a '(__fish_complete_directories)'"),
  offer('__comic_queue_at 0', '-l json'),
  offer('__comic_queue_at 0', '-s h -l help'),
  offer('__comic_queue_at 0', '-s V -l version'),
  offer('__comic_queue_at 0', words(['help']), "-d 'show the help of a command'"),
  ...offers,
  ...commands.flatMap(commandOffers),
].join('\n')}
`;
}

function commandOffers({ name, arguments: taken, options }: CommandOutline): string[] {
  return [
    ...taken.flatMap(({ value }, place) =>
      value === 'any' ? [] : [offer(`__comic_queue_at ${place + 1} ${name}`, valueOf(value))],
    ),
    ...options.map((option) =>
      offer(`__comic_queue_verb ${name}`, flagsOf(option), `-d ${quoted(option.description)}`),
    ),
  ];
}

function offer(condition: string, ...rest: readonly string[]): string {
  return ['complete -c comic-queue', `-n ${quoted(condition)}`, ...rest].join(' ');
}

function flagsOf({ flags, takesWord, value }: OptionOutline): string {
  const names = flags.map((flag) =>
    flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
  );
  return takesWord ? [...names, takes(value)].join(' ') : names.join(' ');
}

/** `-x`: nothing but what is offered; files are offered only where files are meant. */
function takes(value: Value): string {
  if (value === 'any') return '-x';
  return value === 'file' ? '-r -F' : `-x ${valueOf(value)}`;
}

function valueOf(value: Exclude<Value, 'any'>): string {
  if (value === 'file') return '-F';
  return value === 'directory' ? "-a '(__fish_complete_directories)'" : words(value);
}

function words(all: readonly string[]): string {
  return `-a ${quoted(all.join(' '))}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
}
