/** The program as a person's shell would start it, and the same in this process. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeAll, onTestFinished, vi } from 'vitest';
import { settingsOf } from '../../cli/commands/origin.js';
import { runProgram } from '../../cli/program.js';
import { Terminal } from '../../cli/terminal.js';
import { createOrigin, type Origin } from '../../origin/server.js';
import { setInvocation } from '../../shared/base/proposed-command.js';
import { PROJECT_ROOT } from '../support/project-root.js';
import { startTestRedis, type TestRedis } from '../support/redis-server.js';

/** Called by its name, as an installed program is. */
export const PROGRAM = linkedProgram();

/** Something is wrong when a command says nothing for this long. */
const SAYS_LIMIT_MS = 60_000;

/** No command of a test lives longer. */
const LIFE_MS_MAX = 90_000;

export interface Ending {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandLineOptions {
  /** Added to an environment that holds nothing else of ours. */
  readonly env?: Readonly<Record<string, string>>;
  /** A directory of its own by default. */
  readonly cwd?: string;
  readonly stdin?: string;
}

function linkedProgram(): string {
  const link = join(PROJECT_ROOT, 'dist/bin/comic-queue');
  mkdirSync(dirname(link), { recursive: true });
  try {
    // Not by its whole path: a copy of the tree would run the program of the other.
    symlinkSync('../cli/main.js', link);
  } catch {
    // Another test was faster.
  }
  return link;
}

/** An empty directory that is gone when the test has finished. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cq-cli-'));
  onTestFinished(() => remove(directory));
  return directory;
}

/** What the commands of a test file work with. */
export interface StandIn {
  readonly redis: TestRedis;
  readonly origin: Origin;
  /** Names both to a command. */
  readonly env: Record<string, string>;
}

/** Starts a Redis and a stand-in for the sites before the tests of a file, and stops them after. */
export function useStandIn(take: (there: StandIn) => void): void {
  let redis: TestRedis;
  let origin: Origin;

  beforeAll(async () => {
    redis = await startTestRedis(['--appendonly', 'yes']);
    origin = createOrigin({ latest: 3000 });
    await origin.start();
    take({ redis, origin, env: { REDIS_URL: redis.url, ...settingsOf(origin.url) } });
  });

  afterAll(async () => {
    await origin.stop();
    await redis.stop();
  });
}

/** An embedded Redis that ends with its directory may still write there while that is removed. */
async function remove(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}

/** Runs a command to its end. May be called in concurrent tests. */
export async function runCommandLine(
  args: readonly string[],
  { env = {}, cwd, stdin = '' }: CommandLineOptions = {},
): Promise<Ending> {
  const own = await mkdtemp(join(tmpdir(), 'cq-cli-'));
  try {
    const command = new RunningCommand(spawnProgram(args, env, cwd ?? own));
    command.process.stdin?.end(stdin);
    return await command.ended;
  } finally {
    await remove(own);
  }
}

/**
 * Runs a command to its end in this process, where that takes a hundredth of the time. Not for
 * concurrent tests, as the process has one environment, nor for what starts an embedded Redis or is about
 * the log of a worker, which goes to the process's own stderr unless its format is text.
 */
export async function runInProcess(
  args: readonly string[],
  { env = {}, cwd: directory, stdin = '' }: CommandLineOptions = {},
): Promise<Ending> {
  const [stdout, stderr] = [new PassThrough(OUTPUT), new PassThrough(OUTPUT)];
  const input = vi.spyOn(process, 'stdin', 'get').mockReturnValue(stdinOf(stdin));
  const cwd = process.cwd();
  for (const name of Object.keys(process.env)) {
    if (!(name in foreignEnvironment())) vi.stubEnv(name, undefined);
  }
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  process.chdir(directory ?? (await temporaryDirectory()));
  const [, path = ''] = process.argv;
  process.argv[1] = PROGRAM;
  try {
    const terminal = new Terminal(streamOf(stdout), streamOf(stderr), { TERM: env['TERM'] });
    const exitCode = await runProgram(args, terminal);
    return { exitCode, stdout: textOf(stdout), stderr: textOf(stderr) };
  } finally {
    process.argv[1] = path;
    input.mockRestore();
    // The files of a worker share its modules: how this command was called is not how the next is.
    setInvocation(undefined);
    process.chdir(cwd);
    vi.unstubAllEnvs();
  }
}

/** More than a command says. */
const OUTPUT = { highWaterMark: 1_000_000 };

function stdinOf(text: string): typeof process.stdin {
  const stream = Readable.from(text === '' ? [] : [Buffer.from(text)]);
  return Object.assign(stream, { isTTY: false, fd: 0 }) as unknown as typeof process.stdin;
}

function streamOf(stream: PassThrough): NodeJS.WriteStream {
  return Object.assign(stream, { isTTY: false }) as unknown as NodeJS.WriteStream;
}

/** All that was written: one reading is one chunk in Node 26, and all of them in Node 20. */
function textOf(stream: PassThrough): string {
  const chunks: Buffer[] = [];
  for (let chunk: unknown = stream.read(); chunk instanceof Buffer; chunk = stream.read()) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** A command under way. It is killed at the end of the test if it has not ended by then. */
export class RunningCommand {
  readonly process: ChildProcess;
  readonly ended: Promise<Ending>;
  stdout = '';
  stderr = '';

  constructor(child: ChildProcess) {
    this.process = child;
    child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.ended = once(child, 'close').then(() => ({
      exitCode: child.exitCode,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  /** Resolves with the match once the command has said so on stderr. */
  async untilSaid(pattern: RegExp): Promise<RegExpExecArray> {
    const deadlineMs = performance.now() + SAYS_LIMIT_MS;
    while (performance.now() < deadlineMs) {
      const match = pattern.exec(this.stderr) ?? pattern.exec(this.stdout);
      if (match !== null) return match;
      const said = new AbortController();
      const signal = AbortSignal.any([said.signal, AbortSignal.timeout(SAYS_LIMIT_MS)]);
      await Promise.race([
        this.process.stderr === null ? undefined : once(this.process.stderr, 'data', { signal }),
        this.process.stdout === null ? undefined : once(this.process.stdout, 'data', { signal }),
        this.ended.then(() => {
          throw new Error(`It ended without ${pattern}: ${this.stdout}${this.stderr}`);
        }),
      ]).finally(() => said.abort());
    }
    throw new Error(`It did not say ${pattern}: ${this.stdout}${this.stderr}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }
}

/** Starts a command and returns at once. */
export async function startCommandLine(
  args: readonly string[],
  { env = {}, cwd }: CommandLineOptions = {},
): Promise<RunningCommand> {
  const child = spawnProgram(args, env, cwd ?? (await temporaryDirectory()));
  onTestFinished(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  });
  return new RunningCommand(child);
}

/** Runs a line of a shell to its end. */
export async function runShell(line: string, options: CommandLineOptions = {}): Promise<Ending> {
  const command = await startShell(line, options);
  command.process.stdin?.end();
  return command.ended;
}

/** Starts a line of a shell; a signal reaches the command in it. */
export async function startShell(
  line: string,
  { env = {}, cwd }: CommandLineOptions = {},
): Promise<RunningCommand> {
  const place = cwd ?? (await temporaryDirectory());
  return new RunningCommand(spawnIn('sh', ['-c', `exec env ${line}`], env, place));
}

function spawnProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string,
): ChildProcess {
  return spawnIn(process.execPath, [PROGRAM, ...args], env, cwd);
}

function spawnIn(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string,
): ChildProcess {
  return spawn(program, args, {
    cwd,
    env: { ...foreignEnvironment(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: LIFE_MS_MAX,
    killSignal: 'SIGKILL',
  });
}

/** What every program is given: none of our settings, no colours. */
function foreignEnvironment(): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env;
  const server = process.env['COMIC_QUEUE_REDIS_SERVER'];
  return {
    PATH,
    HOME,
    COMIC_QUEUE_EMBEDDED_IDLE_MS: '300',
    ...(server === undefined ? {} : { COMIC_QUEUE_REDIS_SERVER: server }),
  };
}
