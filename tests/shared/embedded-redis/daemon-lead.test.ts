import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DataDirectory } from '../../../shared/embedded-redis/data-directory.js';
import {
  bindGeneration,
  controlPath,
  readGenerations,
  recordLeading,
  stillLeads,
  takeLead,
} from '../../../shared/embedded-redis/lead.js';

describe('of daemons', () => {
  let place: string;
  let directory: DataDirectory;
  let bound: Server[];

  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'lead-'));
    const runtimeDir = join(place, 'run');
    directory = { path: place, redisDir: place, runtimeDir, socketPath: join(runtimeDir, 's') };
    bound = [];
  });

  afterEach(async () => {
    for (const server of bound) server.close();
    await rm(place, { recursive: true });
  });

  const bind = async (generation: number): Promise<boolean> => {
    const server = createServer();
    const done = await bindGeneration(server, directory, generation);
    if (done) bound.push(server);
    return done;
  };

  test('one of a generation binds, and leads when it is alone', async () => {
    expect(await bind(1)).toBe(true);
    expect(await bind(1)).toBe(false);

    expect(await takeLead(directory, 1)).toBe(true);
    expect(await readGenerations(directory)).toEqual({ bound: 1, last: 1 });
  });

  test('a later one steps down for one that listens', async () => {
    await bind(1);
    await bind(2);

    expect(await takeLead(directory, 2)).toBe(false);
    expect(existsSync(controlPath(directory, 1))).toBe(true);
  });

  test('an earlier one steps down for a later one', async () => {
    await bind(1);
    await bind(2);

    expect(await takeLead(directory, 1)).toBe(false);
  });

  test('an earlier one steps down when a later one has led and left', async () => {
    await bind(1);
    await recordLeading(directory, 2);

    expect(await takeLead(directory, 1)).toBe(false);
    expect(await stillLeads(directory, 1)).toBe(false);
    expect(await readGenerations(directory)).toEqual({ bound: 1, last: 2 });
  });
});
