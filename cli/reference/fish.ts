/** Completion in fish. */

import { type CommandOutline, type OptionOutline, type Value, valueFlags } from './outline.js';

/** The script: two functions that read the line, and a `complete` for all that may come. */
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
