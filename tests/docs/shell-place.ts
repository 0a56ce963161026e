/** A place where commands of the docs are typed. */

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { until } from '../support/condition.js';
import { PROJECT_ROOT } from '../support/project-root.js';

/** A folder where `comic-queue` is on the PATH, with a worker. */
export class ShellPlace {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;
  #worker: ChildProcess | undefined;

  private constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.#env = env;
  }

  /** `settings` are the environment, besides PATH and HOME. */
  static async open(settings: Readonly<Record<string, string>>): Promise<ShellPlace> {
    const folder = await mkdtemp(join(tmpdir(), 'comic-queue-docs-'));
    const bin = join(folder, 'bin');
    await mkdir(join(folder, 'work'));
    await mkdir(bin);
    const program = join(PROJECT_ROOT, 'dist/cli/main.js');
    const text = `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`;
    await writeFile(join(bin, 'comic-queue'), text);
    await chmod(join(bin, 'comic-queue'), 0o755);
    const redisPrograms = dirname(process.env['COMIC_QUEUE_REDIS_SERVER'] ?? '');
    const path = [bin, dirname(process.execPath), process.env['PATH'] ?? '', redisPrograms];
    return new ShellPlace(folder, {
      PATH: path.join(delimiter),
      HOME: folder,
      COMIC_QUEUE_EMBEDDED_IDLE_MS: '500',
      ...settings,
    });
  }

  /** Starts a worker, unless it runs; resolves when it takes jobs. */
  async keepWorker(): Promise<void> {
    if (this.#worker?.exitCode === null) return;
    const { cwd, env } = this.#options;
    const program = join(this.#folder, 'bin/comic-queue');
    const stdio = ['ignore', 'ignore', 'pipe'] as const;
    const worker = spawn(program, ['work', '-c', '10'], { cwd, env, stdio: [...stdio] });
    this.#worker = worker;
    let log = '';
    worker.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
    await until('the worker is there', () => log.includes('"event":"started"'));
  }

  /** Runs a script to its end; `output` is stdout, then stderr. */
  async run(script: string): Promise<{ code: number | string; output: string }> {
    return new Promise((resolve) => {
      const words = ['--norc', '-euo', 'pipefail', '-c', script];
      execFile('bash', words, this.#options, (error, stdout, stderr) => {
        resolve({ code: error?.code ?? 0, output: `${stdout}${stderr}` });
      });
    });
  }

  async close(): Promise<void> {
    if (this.#worker?.exitCode === null) {
      this.#worker.kill('SIGTERM');
      await once(this.#worker, 'exit');
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #options(): { cwd: string; env: NodeJS.ProcessEnv } {
    return { cwd: join(this.#folder, 'work'), env: this.#env };
  }
}
