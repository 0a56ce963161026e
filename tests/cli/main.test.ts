import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import module from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../../shared/base/errors.js';
import { PROJECT_ROOT } from '../support/project-root.js';
import { runCommandLine, temporaryDirectory } from './command-line.js';

const NODE_CAN = 'enableCompileCache' in module;

test(`compiled code is ${NODE_CAN ? 'kept among the caches of the user' : 'not kept by this Node'}`, async () => {
  const caches = await temporaryDirectory();

  const { exitCode } = await runCommandLine(['--help'], { env: { XDG_CACHE_HOME: caches } });

  expect(exitCode).toBe(0);
  expect(existsSync(join(caches, 'comic-queue/compiled'))).toBe(NODE_CAN);
});

test('a cache that cannot be made is done without', async () => {
  const file = join(await temporaryDirectory(), 'file');
  await writeFile(file, '');

  const { exitCode, stderr } = await runCommandLine(['--help'], { env: { XDG_CACHE_HOME: file } });

  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
});

describe.skipIf(!existsSync('/dev/full'))('output on a full disk ends with 73', () => {
  const PROGRAM = join(PROJECT_ROOT, 'dist/cli/main.js');

  test.for(['--help', 'enqueue comics 1-5 --dry-run --json'])('%s', async (args) => {
    const command = `"${process.execPath}" "${PROGRAM}" ${args} > /dev/full`;

    const env = { PATH: process.env['PATH'] };
    const ended = promisify(execFile)('sh', ['-c', command], { env });

    await expect(ended).rejects.toMatchObject({
      code: EXIT.cannotWrite,
      stderr: expect.stringMatching(
        /^comic-queue: Cannot write the output: .*ENOSPC.*\. It is incomplete\n$/,
      ) as string,
    });
  });
});
