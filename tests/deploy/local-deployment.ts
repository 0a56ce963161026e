/** Runs the command lines of deployment files on this machine: same words, other places. */

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../support/condition.js';
import { freePort } from '../support/free-port.js';
import { PROJECT_ROOT } from '../support/project-root.js';

const HEALTHY_WITHIN_MS = 20_000;

/** The password of every board and, where it has one, Redis. */
export const PASSWORD = 'open sesame';

/** Volumes, the working directory, secrets and configuration. */
const FOLDERS = ['data', 'redis', 'root', 'secrets', 'prometheus', 'prometheus-data'] as const;

/** What a deployment file starts: the whole command, with the variables that the file gives it. */
export interface CommandLine {
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The command whose exit code says whether it is well. */
  readonly check?: readonly string[];
}

/** How a process ended, and all it had to say. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Where things are on this machine. */
interface Places {
  readonly folder: string;
  readonly redisPort: number;
  readonly boardPort: number;
  readonly sitePort: number;
  readonly prometheusPort: number;
}

type Variables = Readonly<Record<string, string>>;

export class LocalDeployment {
  readonly #places: Places;
  readonly #commands: Readonly<Record<string, CommandLine>>;
  readonly #running = new Map<string, Running>();

  private constructor(places: Places, commands: Readonly<Record<string, CommandLine>>) {
    this.#places = places;
    this.#commands = commands;
  }

  /** Makes places for the commands, by name; that named `redis` is a Redis server. */
  static async open(commands: Readonly<Record<string, CommandLine>>): Promise<LocalDeployment> {
    const folder = await mkdtemp(join(tmpdir(), 'comic-queue-deployment-'));
    for (const name of FOLDERS) await mkdir(join(folder, name));
    for (const name of ['board-password', 'redis-password']) {
      await writeFile(join(folder, 'secrets', name), `${PASSWORD}\n`);
    }
    const places = {
      folder,
      redisPort: await freePort(),
      boardPort: await freePort(),
      sitePort: await freePort(),
      prometheusPort: await freePort(),
    };
    return new LocalDeployment(places, commands);
  }

  /** The variables of the stand-in site, for commands whose sites come from elsewhere. */
  get siteVariables(): Variables {
    const url = `http://127.0.0.1:${this.#places.sitePort}`;
    return {
      COMIC_QUEUE_COMIC_URL: `${url}/{id}/info.0.json`,
      COMIC_QUEUE_COMIC_LATEST_URL: `${url}/info.0.json`,
    };
  }

  get boardUrl(): string {
    return `http://127.0.0.1:${this.#places.boardPort}`;
  }

  get prometheusUrl(): string {
    return `http://127.0.0.1:${this.#places.prometheusPort}`;
  }

  /** Writes a file of the configuration of Prometheus, its words as they are here. */
  async configurePrometheus(file: string, text: string): Promise<void> {
    const { folder, boardPort } = this.#places;
    const here = text
      .replace('dashboard:3000', `127.0.0.1:${boardPort}`)
      .replace('/run/secrets', join(folder, 'secrets'));
    await writeFile(join(folder, 'prometheus', file), here);
  }

  /** The command's own words as they are here, for a test that starts them in its own way. */
  wordsOf(name: string): readonly string[] {
    return [
      ...this.#command(name).words.map((word) => this.#here(word)),
      ...this.#addedWords(name),
    ];
  }

  /** Starts a command; `before` are words of a program that starts it, such as a tracer. */
  start(name: string, environment: Variables = {}, before: readonly string[] = []): void {
    const words = [...before, ...this.wordsOf(name)];
    this.#running.set(name, this.#spawn(words, { ...this.#environmentOf(name), ...environment }));
  }

  /** Starts a command that ends by itself. */
  async run(name: string, environment: Variables = {}): Promise<Ended> {
    this.start(name, environment);
    return this.#endOf(name);
  }

  /** Resolves when the command's own health check says that it is well. */
  async untilHealthy(name: string): Promise<void> {
    const words = (this.#command(name).check ?? []).map((word) => this.#here(word));
    if (name === 'redis') words.splice(1, 0, '-p', String(this.#places.redisPort));
    const isWell = async (): Promise<boolean> => {
      const { code } = await this.#spawn(words, this.#environmentOf(name)).ended;
      return code === 0;
    };
    await until(`${name} is healthy`, isWell, HEALTHY_WITHIN_MS);
  }

  /** What a supervisor does to stop a command. */
  async stop(name: string): Promise<Ended> {
    this.#running.get(name)?.child.kill('SIGTERM');
    return this.#endOf(name);
  }

  /** What lies in a folder of the results. */
  async kept(folder: string): Promise<string[]> {
    return readdir(join(this.#places.folder, 'data', folder));
  }

  /** What commands have written to their working directory, which a deployment makes read-only. */
  async strays(): Promise<string[]> {
    return readdir(join(this.#places.folder, 'root'));
  }

  async close(): Promise<void> {
    for (const { child } of this.#running.values()) child.kill('SIGKILL');
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
    await rm(this.#places.folder, { recursive: true });
  }

  #command(name: string): CommandLine {
    const command = this.#commands[name];
    if (command === undefined) throw new Error(`no command line is named ${name}`);
    return command;
  }

  /** What a container of its own gives a server: an address, and for Redis a folder. */
  #addedWords(name: string): string[] {
    const { folder, redisPort, prometheusPort } = this.#places;
    if (name === 'prometheus') return [`--web.listen-address=127.0.0.1:${prometheusPort}`];
    return name === 'redis'
      ? ['--bind', '127.0.0.1', '--port', String(redisPort), '--dir', join(folder, 'redis')]
      : [];
  }

  async #endOf(name: string): Promise<Ended> {
    const running = this.#running.get(name);
    if (running === undefined) throw new Error(`${name} was never started`);
    return running.ended;
  }

  #spawn(words: readonly string[], env: Variables): Running {
    const [program = '', ...rest] = words;
    const cwd = join(this.#places.folder, 'root');
    const child = spawn(program, rest, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk: Buffer): void => void (output += chunk.toString());
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const ended = new Promise<Ended>((resolve) => {
      child.on('error', (error) => resolve({ code: null, output: String(error) }));
      child.on('close', (code) => resolve({ code, output }));
    });
    return { child, ended };
  }

  #environmentOf(name: string): Record<string, string> {
    const set = Object.entries(this.#command(name).environment).map(
      ([variable, value]) => [variable, this.#here(value)] as const,
    );
    const own = { PATH: process.env['PATH'] ?? '', PORT: String(this.#places.boardPort) };
    return { ...own, ...Object.fromEntries(set) };
  }

  /** A word of a deployment file as it has to be on this machine. */
  #here(word: string): string {
    const { folder, redisPort, boardPort, sitePort, prometheusPort } = this.#places;
    switch (word) {
      case 'node':
        return process.execPath;
      case '/usr/bin/comic-queue':
        return join(PROJECT_ROOT, 'dist/cli/main.js');
      case 'redis-server':
        return process.env['COMIC_QUEUE_REDIS_SERVER'] ?? word;
      case '/bin/prometheus':
        return 'prometheus';
      case '0.0.0.0':
        return '127.0.0.1';
      default:
        return word
          .replace(/^\/app\//, `${PROJECT_ROOT}/`)
          .replace(/^\/(?:var\/lib\/comic-queue|data)\b/, join(folder, 'data'))
          .replace(/=\/prometheus$/, `=${join(folder, 'prometheus-data')}`)
          .replace('/etc/prometheus', join(folder, 'prometheus'))
          .replace(/^\/run\/secrets(?:\/comic-queue)?\b/, join(folder, 'secrets'))
          .replace(/redis:\/\/(?:redis|127\.0\.0\.1):6379/, `redis://127.0.0.1:${redisPort}`)
          .replace(/\b3000\b/, String(boardPort))
          .replace(/\b4000\b/, String(sitePort))
          .replace(/\b9090\b/, String(prometheusPort))
          .replace(/\$\{\w+:-([^}]*)\}/, '$1')
          .replace(/^\$\{COMIC_QUEUE_PASSWORD:.*\}$/, PASSWORD);
    }
  }
}
