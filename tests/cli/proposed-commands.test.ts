import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { settingsOf } from '../../cli/commands/origin.js';
import { createOrigin, type Origin } from '../../origin/server.js';
import { unbreakable } from '../../shared/base/proposed-command.js';
import { EXIT } from '../../shared/base/errors.js';
import {
  PROGRAM,
  type RunningCommand,
  runCommandLine,
  runShell,
  startShell,
  temporaryDirectory,
} from './command-line.js';

/** A name that a shell takes for two words unless it is quoted. */
const DATA = 'my data';

/** What a shell ends with when it finds no such program. */
const NOT_FOUND = 127;

let origin: Origin;

beforeEach(async () => {
  origin = createOrigin({ faults: ['403?ids=5'] });
  await origin.start();
});

afterEach(async () => {
  await origin.stop();
});

test('every command that a message proposes works as it is printed', async () => {
  const cwd = await temporaryDirectory();
  const site = settingsOf(origin.url);
  const proposals = new Set<string>();
  const say = async (...args: string[]): Promise<void> => {
    const { stdout, stderr } = await runCommandLine([...args, '--data', DATA], { cwd, env: site });
    for (const command of commandsIn(stdout + stderr)) proposals.add(command);
  };

  await say('runs');
  await say('enqueue', 'comics', '1-5');
  await Promise.all([
    say('status'),
    say('enqueue'),
    say('compare'),
    say('wait', 'run-1', '--timeout', '0.2'),
    say('wait', 'run-99'),
    say('wait', 'yesterday'),
    say('retry', 'run-1'),
  ]);
  await say('pause', 'comics');
  await say('status');
  await say('compare', 'comics', '1');
  await say('resume', 'comics');
  await say('work', '--drain');
  await say('status', 'run-1');
  await say('enqueue', '--resume', 'run-1');

  const verbs = [...proposals].map((command) => /comic-queue (\w+)/.exec(command)?.[1]);
  expect(new Set(verbs)).toEqual(
    new Set([
      'enqueue',
      'work',
      'wait',
      'cancel',
      'compare',
      'runs',
      'status',
      'resume',
      'failed',
      'retry',
    ]),
  );
  expect([...proposals].filter((command) => !command.endsWith(`--data '${DATA}'`))).toEqual([]);
  await runAsPrinted([...proposals], { cwd, site });
  expect(await readdir(cwd)).toEqual([DATA]);
}, 120_000);

/** Runs commands as in another terminal, but that what names no site must not ask xkcd.com in a test. */
async function runAsPrinted(
  proposals: readonly string[],
  { cwd, site }: { readonly cwd: string; readonly site: Readonly<Record<string, string>> },
): Promise<void> {
  const env = { PATH: `${dirname(PROGRAM)}:${process.env['PATH'] ?? ''}`, ...site };
  const isService = (command: string): boolean => command.includes('comic-queue work');
  const workers: RunningCommand[] = [];
  for (const command of proposals.filter(isService)) {
    const worker = await startShell(command, { cwd, env });
    await worker.untilSaid(/Ctrl-C takes no more/);
    workers.push(worker);
  }
  const others = proposals.filter((one) => !isService(one));
  const endings = others.map(async (command) => {
    const { exitCode, stderr } = await runShell(command, { cwd, env });
    return [command, exitCode, stderr];
  });
  for (const ending of await Promise.all(endings)) {
    expect(ending).not.toContain(EXIT.usage);
    expect(ending).not.toContain(EXIT.defect);
    expect(ending).not.toContain(NOT_FOUND);
  }
  for (const worker of workers) worker.signal('SIGTERM');
  for (const worker of workers) expect((await worker.ended).exitCode).toBe(EXIT.ok);
}

/** The commands in a text, without what ends the sentences they stand in. */
function commandsIn(text: string): string[] {
  return text
    .split('\n')
    .flatMap(unbreakable)
    .map((piece) => piece.trim().replace(/[;.,)]+$/, ''))
    .filter((piece) => / ?comic-queue [a-z]/.test(piece));
}
