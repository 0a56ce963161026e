/**
 * `npm ci` refuses a lockfile that misses an optional package. npm writes such a one without a word
 * when it installs into an existing node_modules, or when the registry lacks a platform's package.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { PROJECT_ROOT } from '../support/project-root.js';

const Lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      optionalDependencies: z.record(z.string(), z.string()).default({}),
    }),
  ),
});

test('the lockfile holds every optional package of every package', async () => {
  const text = await readFile(join(PROJECT_ROOT, 'package-lock.json'), 'utf8');
  const { packages } = Lockfile.parse(JSON.parse(text));

  const locked = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)));
  const missing = Object.values(packages)
    .flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies))
    .filter((name) => !locked.has(name));

  expect(missing).toEqual([]);
});
