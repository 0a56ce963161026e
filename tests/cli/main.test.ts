import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import module from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';
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
