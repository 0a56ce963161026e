import { renameSync, writeFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../../support/condition.js';
import {
  makeDataDir,
  removeDataDir,
  runCommand,
  servers,
  startCommand,
  withRedis,
} from './embedded-command.js';

/** Plays a daemon of another machine; returns how to end it. */
function startOther(lease: string): () => void {
  let renewals = 0;
  const renew = (): void => {
    writeFileSync(`${lease}.other`, `other-host some-boot pid:[1]\n${(renewals += 1)}\n`);
    renameSync(`${lease}.other`, lease);
  };
  renew();
  const timer = setInterval(renew, 100);
  return () => clearInterval(timer);
}

describe('a data directory on a file system of several machines', () => {
  let dataDir: string;
  let lease: string;
  let stopOther: () => void;

  beforeEach(async () => {
    dataDir = await makeDataDir();
    lease = join(dataDir, 'redis', 'lease');
    stopOther = () => undefined;
    // A first command makes the directory, and leaves.
    await runCommand(dataDir);
    await until('the server left', async () => (await servers(dataDir)).length === 0);
  });

  afterEach(async () => {
    stopOther();
    await rm(lease, { force: true });
    await removeDataDir(dataDir);
  });

  test('is refused while another machine works in it', async () => {
    stopOther = startOther(lease);

    const ending = await runCommand(dataDir);

    expect(ending.exitCode).toBe(69);
    expect(ending.stderr).toContain('an embedded Redis on other-host works in it');
    expect(await servers(dataDir)).toEqual([]);
  });

  test('is taken over from a machine that shows no life', async () => {
    startOther(lease)();

    const command = await startCommand(dataDir);

    expect(await withRedis(command.socketPath, (redis) => redis.ping())).toBe('PONG');
    expect(await readFile(lease, 'utf8')).not.toContain('other-host');
    expect(command.stderr()).toMatch(/^Making sure that no other machine works .*\n$/);
    await command.end();
  });

  test('is left at once to a machine that took it', async () => {
    const command = await startCommand(dataDir);

    stopOther = startOther(lease);

    await until('the server ended', async () => (await servers(dataDir)).length === 0);
    expect(await readFile(lease, 'utf8')).toContain('other-host');
    await command.end();
  });
});
