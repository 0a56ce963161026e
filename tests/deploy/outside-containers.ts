/** Runs the command lines of the compose file outside containers: same words, other places. */

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { until } from '../support/condition.js';
import { PROJECT_ROOT } from '../support/project-root.js';
import { readServices, serviceNamed, type Service } from './compose-file.js';
import { readDockerfile } from './dockerfile.js';

const HEALTHY_WITHIN_MS = 20_000;

/** How a process ended, and all it had to say. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Where things are out here. */
interface Places {
  readonly folder: string;
  readonly redisPort: number;
  readonly boardPort: number;
  readonly sitePort: number;
}

export class OutsideContainers {
  private readonly places: Places;
  private readonly services: Readonly<Record<string, Service>>;
  private readonly entrypoint: readonly string[];
  private readonly running = new Map<string, Running>();

  private constructor(
    places: Places,
    services: Readonly<Record<string, Service>>,
    entrypoint: readonly string[],
  ) {
    this.places = places;
    this.services = services;
    this.entrypoint = entrypoint;
  }

  static async open(): Promise<OutsideContainers> {
    const folder = await mkdtemp(join(tmpdir(), 'comic-queue-outside-'));
    for (const name of ['data', 'redis', 'root']) await mkdir(join(folder, name));
    const [redisPort, boardPort, sitePort] = [await freePort(), await freePort(), await freePort()];
    const { entrypoint } = await readDockerfile();
    const places = { folder, redisPort, boardPort, sitePort };
    return new OutsideContainers(places, await readServices(), entrypoint);
  }

  /** The stand-in site, for services whose sites come from `.env`. */
  get siteUrl(): string {
    return `http://127.0.0.1:${this.places.sitePort}`;
  }

  /** Starts a service. */
  start(name: string, environment: Readonly<Record<string, string>> = {}): void {
    const service = serviceNamed(this.services, name);
    const entrypoint = name === 'redis' ? [] : (service.entrypoint ?? this.entrypoint);
    const words = [...entrypoint, ...service.command].map((word) => this.outside(word));
    if (name === 'redis') words.push(...this.redisPlaces());
    this.running.set(name, this.spawn(words, { ...this.environmentOf(service), ...environment }));
  }

  /** Starts a service that ends by itself. */
  async run(name: string, environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
    this.start(name, environment);
    return this.endOf(name);
  }

  /** Resolves when the service's own health check says that it is well. */
  async untilHealthy(name: string): Promise<void> {
    const service = serviceNamed(this.services, name);
    const [, ...check] = service.healthcheck?.test ?? [];
    const words = check.map((word) => this.outside(word));
    if (name === 'redis') words.splice(1, 0, '-p', String(this.places.redisPort));
    const isWell = async (): Promise<boolean> => {
      const { code } = await this.spawn(words, this.environmentOf(service)).ended;
      return code === 0;
    };
    await until(`${name} is healthy`, isWell, HEALTHY_WITHIN_MS);
  }

  /** What compose does to stop a service. */
  async stop(name: string): Promise<Ended> {
    this.running.get(name)?.child.kill('SIGTERM');
    return this.endOf(name);
  }

  /** What lies in a folder of the volume of results. */
  async kept(folder: string): Promise<string[]> {
    return readdir(join(this.places.folder, 'data', folder));
  }

  /** What services have written to the root of their file system, which is read-only in a container. */
  async strays(): Promise<string[]> {
    return readdir(join(this.places.folder, 'root'));
  }

  async close(): Promise<void> {
    for (const { child } of this.running.values()) child.kill('SIGKILL');
    await Promise.all([...this.running.values()].map(({ ended }) => ended));
    await rm(this.places.folder, { recursive: true });
  }

  /** In its container, Redis has an address and a folder of its own. */
  private redisPlaces(): string[] {
    const { folder, redisPort } = this.places;
    return ['--bind', '127.0.0.1', '--port', String(redisPort), '--dir', join(folder, 'redis')];
  }

  private async endOf(name: string): Promise<Ended> {
    const running = this.running.get(name);
    if (running === undefined) throw new Error(`${name} was never started`);
    return running.ended;
  }

  private spawn(words: readonly string[], env: Readonly<Record<string, string>>): Running {
    const [program = '', ...rest] = words;
    const cwd = join(this.places.folder, 'root');
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

  private environmentOf(service: Service): Record<string, string> {
    const set = Object.entries(service.environment).flatMap(([variable, value]) =>
      value === null ? [] : [[variable, this.outside(value)] as const],
    );
    const own = { PATH: process.env['PATH'] ?? '', PORT: String(this.places.boardPort) };
    return { ...own, ...Object.fromEntries(set) };
  }

  /** A word of the compose file as it has to be out here. */
  private outside(word: string): string {
    const { folder, redisPort, boardPort, sitePort } = this.places;
    switch (word) {
      case 'node':
        return process.execPath;
      case 'redis-server':
        return process.env['COMIC_QUEUE_REDIS_SERVER'] ?? word;
      case '0.0.0.0':
        return '127.0.0.1';
      default:
        return word
          .replace(/^\/app\//, `${PROJECT_ROOT}/`)
          .replace(/^\/data/, join(folder, 'data'))
          .replace('redis://redis:6379', `redis://127.0.0.1:${redisPort}`)
          .replace(/\b3000\b/, String(boardPort))
          .replace(/\b4000\b/, String(sitePort))
          .replace(/^\$\{COMIC_QUEUE_PASSWORD:.*\}$/, 'open sesame');
    }
  }
}

/** A port that nobody listens on now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = z.object({ port: z.number() }).parse(server.address());
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}
