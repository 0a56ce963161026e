/** Completion in zsh, by its own `_arguments`. */

import { shellWord } from '../../shared/base/proposed-command.js';
import type { ArgumentOutline, CommandOutline, OptionOutline, Value } from './outline.js';

/** The script, for a file `_comic-queue` in `$fpath` and for `source` alike. */
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
