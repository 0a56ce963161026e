/** `completion SHELL`: prints the script by which a shell completes our commands. */

import { CommandError, EXIT } from '../../shared/base/errors.js';
import { safeText } from '../../shared/base/safe-text.js';
import { suggestion } from '../arguments.js';
import { type CommonCommand, type Define, examplesText, type Execute } from '../command.js';
import { bashScript } from './bash.js';
import { fishScript } from './fish.js';
import { type CommandOutline, type Shell, SHELLS } from './outline.js';
import { zshScript } from './zsh.js';

const SCRIPTS: Readonly<Record<Shell, (commands: readonly CommandOutline[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** Gives `completion` its argument and action; `outlines` reads the definitions of all commands. */
export function completionOf(outlines: () => Promise<readonly CommandOutline[]>): Define {
  return (command: CommonCommand, execute: Execute) => {
    command
      .addHelpText(
        'before',
        examplesText([
          ['completion bash > /etc/bash_completion.d/comic-queue', 'for all users'],
          ['completion zsh > ~/.zfunc/_comic-queue', 'where ~/.zfunc is in $fpath'],
          ['completion fish > ~/.config/fish/completions/comic-queue.fish', 'for good'],
          ['completion bash | source /dev/stdin', 'in this shell alone'],
        ]),
      )
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
