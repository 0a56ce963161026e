import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { outlines } from '../../../cli/program.js';
import { bashScript, fishScript, zshScript } from '../../../cli/reference/completion.js';
import { valueFlags } from '../../../cli/reference/outline.js';
import { EXIT } from '../../../shared/base/errors.js';
import { KIND_NAMES, kindOf } from '../../../shared/kinds/kinds.js';
import { runInProcess } from '../command-line.js';

const PLURALS = KIND_NAMES.map((name) => kindOf(name).plural).toSorted();

/** What a person has typed when the key is pressed, and all that is offered then. */
const LINES: readonly (readonly [line: string, offered: readonly string[]])[] = [
  ['ver', ['verify']],
  ['re', ['resume', 'retry']],
  ['help ver', ['verify']],
  ['enqueue ', PLURALS],
  ['enqueue --name nightly se', ['searches']],
  ['--json --data elsewhere enqueue sl', ['sleeps']],
  ['pause comics-', ['comics-baseline']],
  ['rate comics ', ['off']],
  ['work --durability ', ['full', 'rename']],
  ['runs --state se', ['sealed']],
  ['failed run-7 --reason tim', ['timeout']],
  ['enqueue comics --dry', ['--dry-run']],
  ['compare comics --export-', ['--export-csv', '--export-markdown']],
  ['enqueue --input wor', ['words.txt']],
  ['work --out res', ['results']],
  ['completion z', ['zsh']],
  ['wait ', []],
];

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cq-completion-'));
  await writeFile(join(directory, 'words.txt'), '');
  execFileSync('mkdir', [join(directory, 'results')]);
  const commands = await outlines();
  const texts = {
    bash: bashScript(commands),
    zsh: zshScript(commands),
    fish: fishScript(commands),
  };
  for (const [shell, text] of Object.entries(texts)) {
    await writeFile(join(directory, `completion.${shell}`), text);
  }
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

function isInstalled(shell: string): boolean {
  return spawnSync(shell, ['--version']).error === undefined;
}

describe.skipIf(!isInstalled('bash'))('completion bash', () => {
  test.each(LINES)('completes "%s"', (line, offered) => {
    const words = ['comic-queue', ...line.split(' ')].map((word) => `'${word}'`);
    const program = [
      `source completion.bash`,
      `COMP_WORDS=(${words.join(' ')})`,
      `COMP_CWORD=${words.length - 1}`,
      '_comic_queue',
      `printf '%s\\n' "\${COMPREPLY[@]}"`,
    ];

    const answer = execFileSync('bash', ['--norc', '-c', program.join('\n')], { cwd: directory });

    expect(String(answer).split('\n').filter(Boolean).toSorted()).toEqual(offered);
  });
});

describe.skipIf(!isInstalled('fish'))('completion fish', () => {
  test.each(LINES)('completes "%s"', (line, offered) => {
    const program = `source completion.fish; complete --do-complete 'comic-queue ${line}'`;

    const answer = execFileSync('fish', ['--no-config', '-c', program], { cwd: directory });

    const words = String(answer)
      .split('\n')
      .filter(Boolean)
      .map((one) => (one.split('\t', 1)[0] ?? '').replace(/\/$/, ''));
    expect(words.toSorted()).toEqual(offered);
  });
});

describe.skipIf(!isInstalled('zsh'))('completion zsh', () => {
  /** In a terminal of its own: zsh completes only what is edited. What is typed is unique there. */
  test.each([
    ['ver', 'verify'],
    ['pause comics-', 'pause comics-baseline'],
    ['enqueue --name nightly se', 'enqueue --name nightly searches'],
    ['work --durability f', 'work --durability full'],
    ['enqueue comics --dry', 'enqueue comics --dry-run'],
    ['enqueue --input wor', 'enqueue --input words.txt'],
    ['failed run-7 --reason tim', 'failed run-7 --reason timeout'],
  ])('completes "%s"', async (line, completed) => {
    const begin = join(directory, 'begin.zsh');
    await writeFile(begin, BEGIN_ZSH);
    const program = `
      zmodload zsh/zpty
      zpty shell zsh -f -i
      zpty -w shell "cd ${directory}; source ${begin}; source completion.zsh; print REA''DY"
      zpty -r -m shell seen '*READY*'
      zpty -w -n shell $'comic-queue ${line}\\t\\n'
      zpty -r -m shell seen '*DONE:*:*'
      print -r -- "$seen"
      zpty -d shell`;

    const answer = execFileSync('zsh', ['-f', '-c', program], { timeout: 20_000 });

    expect(/DONE:(.*):/.exec(String(answer))?.[1]?.trim()).toBe(completed);
  });
});

const BEGIN_ZSH = `
PS1=
autoload -U compinit
compinit -u -D
comic-queue() { print -r -- "DONE:$*:" }
`;

describe('completion', () => {
  test('knows of every flag whether a value follows', async () => {
    const commands = await outlines();
    const options = commands.flatMap((command) => command.options);
    const switches = new Set(options.flatMap((one) => (one.takesWord ? [] : one.flags)));

    expect(valueFlags(commands)).toContain('--concurrency');
    expect(valueFlags(commands).filter((flag) => switches.has(flag))).toEqual([]);
  });

  test('prints the script of a shell', async () => {
    const { stdout } = await runInProcess(['completion', 'bash']);

    expect(stdout).toBe(bashScript(await outlines()));
  });

  test('names the shells where another is asked for', async () => {
    const ended = await runInProcess(['completion', 'fisch']);

    expect(ended).toEqual({
      exitCode: EXIT.usage,
      stdout: '',
      stderr:
        'comic-queue: There is no completion for "fisch": the shells are bash, zsh, fish. Did you mean fish?\n',
    });
  });
});
