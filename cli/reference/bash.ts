/** Completion in bash, without the package bash-completion. */

import { shellWord } from '../../shared/base/proposed-command.js';
import { type CommandOutline, type Value, valueFlags } from './outline.js';

/**
 * The script. bash hands over the words of the line, split at `=`; what completes the last of them
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
      const words = typeof value === 'string' ? value : value.join(' ');
      return `      ${patterns.map(shellWord).join('|')}) words=${shellWord(words)} ;;`;
    })
    .join('\n');
}
