/**
 * The image without an engine. That what it copies is enough to build is shown by
 * `tests/architecture/new-kind.test.ts`, which builds from just that.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PROJECT_ROOT } from '../support/project-root.js';
import { readDockerfile } from './dockerfile.js';

test('.dockerignore admits what the Dockerfile copies, and no more', async () => {
  const { files } = await readDockerfile();
  const ignore = await readFile(join(PROJECT_ROOT, '.dockerignore'), 'utf8');

  const admitted = [...ignore.matchAll(/^!(.+)$/gm)].map(([, name]) => name);

  expect(ignore).toMatch(/^\*$/m);
  expect(new Set(admitted)).toEqual(new Set(files));
});

test('the image runs on the current LTS line of Node, and not as root', async () => {
  const text = await readFile(join(PROJECT_ROOT, 'Dockerfile'), 'utf8');

  const bases = new Set([...text.matchAll(/^FROM (\S+)/gm)].map(([, name]) => name));

  expect([...bases]).toEqual(['node:24-bookworm-slim']);
  expect(text).toMatch(/^USER node$/m);
});
