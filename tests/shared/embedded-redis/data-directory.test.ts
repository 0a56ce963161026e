import { chmod, chown, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeDataDir, runCommand } from './embedded-command.js';

const NOBODY = 65_534;

describe.skipIf(process.getuid?.() !== 0)('a data directory (needs root)', () => {
  let dataDir: string;

  beforeEach(async () => {
    dataDir = await makeDataDir();
    await mkdir(dataDir);
    await chmod(dirname(dataDir), 0o755);
  });

  afterEach(async () => {
    await rm(dirname(dataDir), { recursive: true });
  });

  test.each([
    ['with results only', []],
    ['with an embedded Redis', ['redis']],
  ])('of another user, %s, is refused to root in one line', async (_, names) => {
    for (const name of names) await mkdir(join(dataDir, name), { mode: 0o700 });
    for (const name of names) await chown(join(dataDir, name), NOBODY, NOBODY);
    await chown(dataDir, NOBODY, NOBODY);

    const ending = await runCommand(dataDir);

    expect(ending).toMatchObject({ exitCode: 73, stdout: '' });
    expect(ending.stderr).toMatch(
      /^Cannot use the data directory .* as root: it belongs to nobody, .* --user 65534\), .*\n$/,
    );
    expect(await readdir(dataDir, { recursive: true })).toEqual(names);
  });

  test('that root used is refused to another user in one line', async () => {
    await mkdir(join(dataDir, 'redis'), { mode: 0o700 });

    const ending = await runCommand(dataDir, { uid: NOBODY });

    expect(ending).toMatchObject({ exitCode: 73, stdout: '' });
    expect(ending.stderr).toMatch(/^Cannot write to the data directory .*EACCES.* REDIS_URL\.\n$/);
  });
});
