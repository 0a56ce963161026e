import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../../shared/base/errors.js';
import { runInProcess, temporaryDirectory } from './command-line.js';

/** What was typed, and the one line that says what is wrong with it. */
const USAGE_ERRORS: readonly (readonly [readonly string[], string])[] = [
  [['enqeue'], "Unknown command 'enqeue' (did you mean enqueue?)"],
  [
    ['runs', '--limt', '3'],
    "Unknown option '--limt' (did you mean --limit?). See: comic-queue runs --help",
  ],
  [['cancel'], "Missing required argument 'run'. See: comic-queue cancel --help"],
  [
    ['failed', '--reason', 'conection'],
    'There is no failure with the reason "conection": those of a run are in its status. Did you mean connection?',
  ],
  [
    ['runs', '--state', 'end'],
    'There is no state "end": the states are open, sealed, ended, cancelled, abandoned.',
  ],
  [
    ['enqueue', 'comics', '1', '--name', 'run-7'],
    '--name must be a word of up to 40 letters, digits, "-", "_" and ".", such as nightly, got "run-7"',
  ],
  [
    ['runs', 'x'],
    "Too many arguments for 'runs'. Expected 0 arguments but got 1. See: comic-queue runs --help",
  ],
  [['enqueue'], 'Say what to queue, as in: comic-queue enqueue comics 1-200'],
  [
    ['enqueue', 'comcs', '1'],
    'There is no kind "comcs": the kinds are comics, pictures, searches, sleeps. Did you mean comics?',
  ],
  [
    ['enqueue', 'comics', '5-1'],
    'Cannot read "5-1": a range goes upwards, as in 1-5. Correct it and try again; nothing was queued',
  ],
  [
    ['enqueue', 'comics', '1e3'],
    'Cannot read "1e3": not a comic number (614), a range (1-200, 1-200:10, 3000-) or "latest". Correct it and try again; nothing was queued',
  ],
  [
    ['enqueue', 'comics', '1', '--times', 'x'],
    '--times must be a whole number from 1 to 10000000, got "x"',
  ],
  [
    ['enqueue', 'comics', '1', '--attempts', '0'],
    '--attempts must be a whole number from 1 to 100, got "0"',
  ],
  [['enqueue', 'comics', '1', '--timeout', '1s'], '--timeout goes with --wait'],
  [
    ['enqueue', 'comics', '1', '--wait', '--timeout', 'soon'],
    '--timeout must be a time such as 90s, 15m, 24h or 7d, got "soon"',
  ],
  [
    ['wait', '7th'],
    '"7th" is not the name of a run, such as run-7. List the runs: comic-queue runs',
  ],
  [['cancel', '0'], '"0" is not the name of a run, such as run-7. List the runs: comic-queue runs'],
  [
    ['pause', 'comic'],
    'There is no queue "comic": the queues are comics, comics-baseline, pictures, pictures-baseline, searches, searches-baseline, sleeps, sleeps-baseline. Did you mean comics?',
  ],
  [
    ['rate', 'comics', '0/s'],
    'Cannot read the rate "0/s": write 10/s, 600/m, 100/h or off, at most 10000/s',
  ],
  [
    ['work', '-c', 'many'],
    'Cannot read the concurrency "many": write 50, comics=50,searches=2 or auto, at most 10000',
  ],
  [
    ['work', '-c', '100', '--max-concurrency', '50'],
    '--max-concurrency limits -c auto, and nothing here is auto: add -c auto, or leave it out',
  ],
  [
    ['work', '--kinds', 'comics,\u001b[31mx'],
    'There is no kind "\\u001b[31mx": the kinds are comics, pictures, searches, sleeps.',
  ],
  [
    ['work', '--durability', 'none'],
    'Cannot use this configuration: --durability must be full or rename, got "none"',
  ],
  [
    ['dashboard', '--port', '70000'],
    'Cannot use this configuration: --port must be a whole number from 0 to 65535, got "70000"',
  ],
  [
    ['origin', '--latency', 'slow'],
    'Cannot start the origin: --latency must be milliseconds from 0 to 3600000',
  ],
];

describe('a usage error is one line and exit code 2', () => {
  test.for(USAGE_ERRORS)('%j', async ([args, line]) => {
    const ending = await runInProcess(args);

    expect(ending).toEqual({ exitCode: EXIT.usage, stdout: '', stderr: `comic-queue: ${line}\n` });
  });

  test('a usage error leaves nothing behind', async () => {
    const cwd = await temporaryDirectory();

    const { exitCode, stderr } = await runInProcess(['enqueue', 'comics', '1-3', 'x'], { cwd });

    expect(exitCode).toBe(EXIT.usage);
    expect(stderr).toMatch(/^comic-queue: Cannot read "x": .*\n$/);
    expect(await readdir(cwd)).toEqual([]);
  });
});
