/** The processes of a run: each is waited for or ended, none is left behind. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const END_LIMIT_MS = 20_000;
const SAID_MAX = 4000;

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  /** From the start of the process to its end. */
  readonly wallMs: number;
}

export class Processes {
  private readonly running = new Set<RunningProcess>();

  start(command: Command): RunningProcess {
    const child = new RunningProcess(command);
    this.running.add(child);
    void child.ended.finally(() => this.running.delete(child));
    return child;
  }

  /** Runs a program to its end. @throws Error where it does not exit with 0. */
  async run(command: Command): Promise<Ended> {
    return this.start(command).success();
  }

  async endAll(): Promise<void> {
    await Promise.all([...this.running].map((child) => child.end()));
  }
}

export class RunningProcess {
  readonly pid: number;
  readonly startedAtMs = Date.now();
  readonly ended: Promise<Ended>;
  private readonly command: Command;
  private readonly child: ChildProcess;
  private readonly sinceMs = performance.now();
  private stdout = '';
  private stderr = '';

  constructor(command: Command) {
    this.command = command;
    const { program, args, cwd, env } = command;
    this.child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.pid = this.child.pid ?? 0;
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-SAID_MAX);
    });
    this.ended = this.untilEnded();
  }

  /** Resolves when the process has ended well. @throws Error that holds what it said otherwise. */
  async success(): Promise<Ended> {
    const ended = await this.ended;
    if (ended.exitCode !== 0) throw new Error(this.wentWrong(`exited with ${ended.exitCode}`));
    return ended;
  }

  /** The first whole line that it prints. @throws Error where it ends without one. */
  async firstLine(): Promise<string> {
    while (!this.stdout.includes('\n')) {
      const more = await Promise.race([
        this.child.stdout === null ? false : once(this.child.stdout, 'data').then(() => true),
        this.ended.then(() => this.stdout.includes('\n')),
      ]);
      if (!more) throw new Error(this.wentWrong('ended before it was ready'));
    }
    return this.stdout.slice(0, this.stdout.indexOf('\n'));
  }

  /** Asks it to end, and kills it where it does not. */
  async end(): Promise<void> {
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), END_LIMIT_MS);
    await this.ended;
    clearTimeout(timer);
  }

  private async untilEnded(): Promise<Ended> {
    await once(this.child, 'close').catch((error: unknown) => (this.stderr += String(error)));
    return {
      exitCode: this.child.exitCode,
      stdout: this.stdout,
      wallMs: performance.now() - this.sinceMs,
    };
  }

  private wentWrong(how: string): string {
    const { program, args } = this.command;
    return `${program} ${args.slice(0, 4).join(' ')} ${how}: ${this.stderr.trim().slice(-600)}`;
  }
}
