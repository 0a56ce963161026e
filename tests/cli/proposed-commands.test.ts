import { readdirSync, readFileSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { settingsOf } from '../../cli/commands/origin.js';
import { createOrigin, type Origin } from '../../origin/server.js';
import { unbreakable } from '../../shared/base/proposed-command.js';
import { EXIT } from '../../shared/base/errors.js';
import { PROJECT_ROOT } from '../support/project-root.js';
import {
  type Ending,
  PROGRAM,
  runInProcess,
  type RunningCommand,
  runShell,
  startCommandLine,
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
  const note = ({ stdout, stderr }: Ending): void => {
    for (const command of commandsIn(stdout + stderr)) proposals.add(command);
  };
  const say = async (...args: string[]): Promise<void> =>
    note(await runInProcess([...args, '--data', DATA], { cwd, env: site }));

  await say('runs');
  // Those that run in this process find the embedded Redis that this one starts, and the next keeps.
  const enqueue = ['enqueue', 'comics', '1-5', '--data', DATA];
  note(await (await startCommandLine(enqueue, { cwd, env: site })).ended);
  const watching = await startCommandLine(['status', '--watch', '--json', '--data', DATA], { cwd });
  await watching.untilSaid(/"queues"/);
  await say('status');
  await say('enqueue');
  await say('compare');
  await say('watch');
  await say('runs', '--nonsense');
  await say('origin', '--fault', 'nonsense');
  await say('forget', 'run-1');
  await say('wait', 'run-1', '--timeout', '0.2');
  await say('wait', 'run-99');
  await say('wait', 'yesterday');
  await say('retry', 'run-1');
  await say('pause', 'comics');
  await say('status');
  await say('compare', 'comics', '1');
  await say('resume', 'comics');
  await say('work', '--drain', '--log-format', 'text');
  await say('status', 'run-1');
  await say('enqueue', '--resume', 'run-1');

  const verbs = [...proposals].map((command) => /comic-queue (\w+)/.exec(command)?.[1]);
  expect(new Set(verbs)).toEqual(PROPOSED_VERBS);
  const all = [...proposals, ...NOT_SAID_HERE.map((command) => `${command} --data '${DATA}'`)];
  const namesData = (command: string): boolean => / --data '[^']+'$| --help$/.test(command);
  expect(all.filter((command) => !namesData(command))).toEqual([]);
  const known = [...all, ...RUN_ELSEWHERE];
  expect(proposedInSource().filter(({ shape }) => !known.some((one) => shape.test(one)))).toEqual(
    [],
  );
  await runAsPrinted(all, { cwd, site });
  expect(await readdir(cwd)).toEqual([DATA]);
}, 120_000);

/** What the commands of the test propose. */
const PROPOSED_VERBS = new Set([
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
  'origin',
  'watch',
]);

/** What only other trouble, the demo and the board propose. */
const NOT_SAID_HERE = [
  'comic-queue doctor',
  'comic-queue dashboard',
  'comic-queue rate comics 10/s',
  'comic-queue rate comics 1/s',
  'comic-queue watch comics --stop',
  'comic-queue get --resume run-1',
  'comic-queue enqueue comics 2 --refetch',
  'comic-queue enqueue comics 1-5 --baseline --refetch',
  `comic-queue failed run-1 --data '${DATA}' | comic-queue enqueue comics --input -`,
];

/** What works for a run whose producer was stopped: `signals.test.ts` stops one, and runs it. */
const RUN_ELSEWHERE = ['comic-queue enqueue --resume run-1'];

interface Proposed {
  /** Where it stands, as it is written there. */
  readonly written: string;
  /** What every command of it is like. */
  readonly shape: RegExp;
}

const LAYERS = ['cli', 'producer', 'worker', 'dashboard', 'origin', 'shared'];

/** The calls of `proposed()` in the program. */
function proposedInSource(): Proposed[] {
  return LAYERS.flatMap((folder) =>
    readdirSync(join(PROJECT_ROOT, folder), { encoding: 'utf8', recursive: true })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('proposed-command.ts'))
      .flatMap((name) => callsIn(join(folder, name))),
  );
}

function callsIn(file: string): Proposed[] {
  const text = readFileSync(join(PROJECT_ROOT, file), 'utf8');
  return [...text.matchAll(/\bproposed(With)?\(/g)].map(({ 0: head, 1: suffix, index }) => {
    const words = argumentsAt(text, index + head.length).slice(suffix === undefined ? 0 : 1);
    return { written: `${file}: ${words.join(', ')}`, shape: shapeOf(words) };
  });
}

/** The arguments of a call, of which the text begins at a place. */
function argumentsAt(text: string, from: number): string[] {
  const found = [''];
  let depth = 0;
  for (const character of text.slice(from)) {
    if (depth === 0 && character === ')') break;
    if ('([{'.includes(character)) depth += 1;
    if (')]}'.includes(character)) depth -= 1;
    if (depth === 0 && character === ',') found.push('');
    else found[found.length - 1] += character;
  }
  return found.map((one) => one.trim()).filter((one) => one !== '');
}

/** A literal is that word, a variable any word, and what is spread out any words or none. */
function shapeOf(words: readonly string[]): RegExp {
  const parts = words.map((word) => {
    if (word.startsWith('...')) return '(?: .*)?';
    return word.startsWith("'") ? ` ${word.slice(1, -1)}` : String.raw` (?:'[^']*'|\S+)`;
  });
  return new RegExp(`comic-queue${parts.join('')}(?: --data|$)`);
}

/**
 * Runs commands as in another terminal, but that what names no site must not ask xkcd.com in a test, nor
 * the board take a port that something else may have.
 */
async function runAsPrinted(
  proposals: readonly string[],
  { cwd, site }: { readonly cwd: string; readonly site: Readonly<Record<string, string>> },
): Promise<void> {
  const path = `${dirname(PROGRAM)}:${process.env['PATH'] ?? ''}`;
  const env = { PATH: path, PORT: '0', ...site };
  const isService = (command: string): boolean => /comic-queue (work|dashboard)/.test(command);
  const services: RunningCommand[] = [];
  for (const command of proposals.filter(isService)) {
    const service = await startShell(command, { cwd, env });
    await service.untilSaid(/Ctrl-C takes no more|stop it with Ctrl-C/);
    services.push(service);
  }
  const shell = await quotingShell();
  // A rate would hold the others up.
  const isRate = (command: string): boolean => command.includes('comic-queue rate');
  const others = proposals.filter((one) => !isService(one) && !isRate(one));
  const endings: unknown[][] = [];
  for (const command of [...others, ...proposals.filter(isRate)]) {
    const words = await shell(command);
    const { exitCode, stderr } = await (words === undefined
      ? runShell(command, { cwd, env })
      : runInProcess(words, { cwd, env: site }));
    endings.push([command, exitCode, stderr]);
  }
  const bad = new Set<unknown>([EXIT.usage, EXIT.defect, NOT_FOUND]);
  expect(endings.filter(([, exitCode]) => bad.has(exitCode))).toEqual([]);
  for (const service of services) service.signal('SIGTERM');
  for (const service of services) expect((await service.ended).exitCode).toBe(EXIT.ok);
}

/** Resolves with the words that a shell hands to the program; undefined for what is more than that. */
async function quotingShell(): Promise<(line: string) => Promise<string[] | undefined>> {
  const directory = await temporaryDirectory();
  const program = join(directory, 'comic-queue');
  await writeFile(program, '#!/bin/sh\nprintf "%s\\0" "$@"\n', { mode: 0o755 });
  const env = { PATH: `${directory}:${process.env['PATH'] ?? ''}` };
  return async (line) => {
    if (!line.startsWith('comic-queue ') || line.includes('|')) return undefined;
    const { stdout } = await runShell(line, { cwd: directory, env });
    return stdout.split('\0').slice(0, -1);
  };
}

/** The commands in a text, without what ends the sentences they stand in. */
function commandsIn(text: string): string[] {
  return text
    .split('\n')
    .flatMap(unbreakable)
    .map((piece) => piece.trim().replace(/[;.,)]+$/, ''))
    .filter((piece) => / ?comic-queue [a-z]/.test(piece));
}
