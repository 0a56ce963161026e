/** The program in a process of its own, as a person starts it: watched, frozen, stopped and killed. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../support/condition.js';
import { PROJECT_ROOT } from '../../support/project-root.js';

/** The program's entry point. */
export const PROGRAM = join(PROJECT_ROOT, 'dist/cli/main.js');

export interface ProductOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Modules that Node loads before the program: they plant a bug in it. */
  readonly imports?: readonly string[];
  /** A command that runs the program, such as `ip netns exec`. */
  readonly within?: readonly string[];
}

/** What a process holds at a moment. */
export interface ProcessSample {
  readonly rssMb: number;
  readonly descriptors: number;
  readonly sockets: number;
}

export class ProductProcess {
  readonly #child: ChildProcess;
  readonly startedAtMs = Date.now();
  /** Resolves when it has ended and all it said has been read. */
  readonly ended: Promise<unknown>;
  #stdout = '';
  readonly #lines: string[] = [];
  #rest = '';

  constructor(args: readonly string[], { env, imports = [], within = [] }: ProductOptions) {
    const { PATH, HOME } = process.env;
    const loaded = imports.flatMap((module) => ['--import', module]);
    const node = process.execPath;
    const [command = node, ...words] = [...within, node, ...loaded, PROGRAM, ...args];
    this.#child = spawn(command, words, {
      env: { PATH, HOME, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (bytes: Buffer) => (this.#stdout += bytes.toString()));
    this.#child.stderr?.on('data', (bytes: Buffer) => this.#hear(bytes.toString()));
    this.ended = once(this.#child, 'close');
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get stdout(): string {
    return this.#stdout;
  }

  /** The lines it has written to stderr. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Resolves when a line of stderr matches. */
  async untilSaid(what: RegExp): Promise<void> {
    await until(`"${what.source}" on stderr`, () => this.#lines.some((line) => what.test(line)));
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it at once; resolves when it has ended. */
  async kill(): Promise<void> {
    if (this.isRunning) this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** Processor time so far, in milliseconds. */
  cpuMs(): number {
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    // Ticks of 10 ms: Linux shows them so whatever the kernel counts in.
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  /** Undefined once it has ended. */
  sample(): ProcessSample | undefined {
    try {
      const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
      const descriptors = readdirSync(`/proc/${this.pid}/fd`);
      const links = descriptors.map((name) => linkOf(`/proc/${this.pid}/fd/${name}`));
      return {
        rssMb: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024,
        descriptors: descriptors.length,
        sockets: links.filter((link) => link.startsWith('socket:')).length,
      };
    } catch {
      return undefined;
    }
  }

  #hear(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    this.#lines.push(...lines);
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
