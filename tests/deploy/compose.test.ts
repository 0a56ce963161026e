/** The compose file without an engine: against the official schema, and against what it promises. */

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SETTINGS } from '../../cli/settings.js';
import { PROJECT_ROOT } from '../support/project-root.js';
import { readServices, serviceNamed, type Service } from './compose-file.js';

let folder: string;
let services: Readonly<Record<string, Service>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'comic-queue-compose-'));
  services = await readServices();
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('docker-compose.yml', () => {
  test('satisfies the compose schema', async () => {
    const findings = await dclint(join(PROJECT_ROOT, 'docker-compose.yml'));

    expect(findings).toBe('');
  });

  test('would not satisfy it with a key that compose does not know', async () => {
    const text = await readFile(join(PROJECT_ROOT, 'docker-compose.yml'), 'utf8');
    const file = join(folder, 'docker-compose.yml');
    await writeFile(file, text.replace('stop_grace_period:', 'stop_grace:'));

    const findings = await dclint(file);

    expect(findings).toContain('invalid-schema');
  });

  test('gives no service a name or, but for what a browser opens, a port: any other can be scaled', () => {
    const named = Object.values(services).filter((service) => 'container_name' in service);
    const published = Object.entries(services).filter(([, { ports }]) => ports.length > 0);

    expect(named).toEqual([]);
    expect(published.map(([name]) => name)).toEqual(['dashboard', 'prometheus', 'grafana']);
    expect(published.every(([, { ports }]) => ports[0]?.startsWith('127.0.0.1:'))).toBe(true);
  });

  test('publishes the dashboard on loopback only, and not without a password', () => {
    const { ports, environment } = serviceNamed(services, 'dashboard');

    expect(ports).toEqual(['127.0.0.1:3000:3000']);
    expect(environment['COMIC_QUEUE_PASSWORD']).toMatch(/^\$\{COMIC_QUEUE_PASSWORD:\?.+\}$/);
  });

  test('keeps what Redis has acknowledged, and refuses new jobs rather than dropping old ones', () => {
    const { command, volumes } = serviceNamed(services, 'redis');

    expect(command?.join(' ')).toContain('--appendonly yes');
    expect(command?.join(' ')).toContain('--maxmemory-policy noeviction');
    expect(volumes).toEqual(['redis:/data']);
  });

  test('gives a worker more time to stop than it takes by itself', () => {
    const { stop_grace_period: period } = serviceNamed(services, 'worker');

    const graceMs = Number(/^(\d+)s$/.exec(period ?? '')?.[1]) * 1000;

    expect(graceMs).toBeGreaterThan(Number(SETTINGS.shutdownGraceMs.fallback) + 5000);
  });

  test('starts Redis, the worker and the dashboard unless a profile is asked for', () => {
    const always = Object.entries(services).filter(([, { profiles }]) => profiles.length === 0);

    expect(always.map(([name]) => name)).toEqual(['redis', 'worker', 'dashboard']);
    expect(serviceNamed(services, 'origin').profiles).toEqual(['demo']);
    expect(serviceNamed(services, 'prometheus').profiles).toEqual(['monitoring']);
    expect(serviceNamed(services, 'producer')).toMatchObject({ restart: 'no' });
  });
});

/** The errors that dclint finds in a file; its warnings are about the order of keys. */
async function dclint(file: string): Promise<string> {
  const program = join(PROJECT_ROOT, 'node_modules/.bin/dclint');
  return new Promise((resolve) => {
    execFile(program, ['--quiet', file], { cwd: PROJECT_ROOT }, (_error, stdout) =>
      resolve(stdout.trim()),
    );
  });
}
