import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../cli/program.js';
import { EXIT } from '../../shared/base/errors.js';
import { runCommandLine, runInProcess } from './command-line.js';

const FLAG = /(?<=\s)--[a-z-]+|(?<=\s)-[a-z](?=\s)/g;

describe('--help', () => {
  test.for(COMMANDS)('of $name shows examples first, then what they use', async ({ name }) => {
    const { exitCode, stdout, stderr } = await runInProcess([name, '--help']);

    expect({ exitCode, stderr }).toEqual({ exitCode: EXIT.ok, stderr: '' });
    const [, examples = '', usage = ''] = /^Examples:\n(.*?)\nUsage: (.*)$/s.exec(stdout) ?? [];
    expect(examples).toContain(`  comic-queue ${name}`);
    expect(usage).toMatch(/--data <dir>.*--json/s);
    const ours = examples.replaceAll(/\|.*/g, '');
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    for (const flag of ours.match(FLAG) ?? []) expect(usage).toContain(flag);
  });

  test('of the program names every command', async () => {
    const { exitCode, stdout, stderr } = await runCommandLine(['--help']);

    expect({ exitCode, stderr }).toEqual({ exitCode: EXIT.ok, stderr: '' });
    for (const { name, summary } of COMMANDS) {
      expect(stdout).toMatch(new RegExp(`^  ${name}( .*)?  ${summary}$`, 'm'));
    }
  });

  test('is what `help` and a mistyped nothing lead to', async () => {
    const asked = await runInProcess(['help', 'wait']);
    const nothing = await runInProcess([]);

    expect(asked).toEqual(await runInProcess(['wait', '--help']));
    expect(nothing).toMatchObject({ exitCode: EXIT.usage, stdout: '' });
    expect(nothing.stderr).toContain('Usage: comic-queue');
    expect(await runInProcess(['--json', '--data', 'there'])).toEqual(nothing);
  });

  test('of what is no command says so', async () => {
    expect(await runInProcess(['help', 'statsu'])).toEqual({
      exitCode: EXIT.usage,
      stdout: '',
      stderr: "comic-queue: Unknown command 'statsu' (did you mean status?)\n",
    });
    expect(await runInProcess(['help', 'help'])).toMatchObject({ exitCode: EXIT.ok });
  });
});

test('--version says the version of package.json', async () => {
  const { exitCode, stdout } = await runInProcess(['--version']);

  expect({ exitCode, stdout }).toEqual({ exitCode: EXIT.ok, stdout: '0.1.0\n' });
});
