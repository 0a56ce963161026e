/** What is in the package; `installed-package.test.ts` installs it. */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { PROJECT_ROOT } from '../support/project-root.js';
import { packed } from './packed.js';

const LAYERS = ['cli', 'producer', 'worker', 'dashboard', 'origin', 'shared'];

let files: readonly string[];

beforeAll(async () => {
  ({ files } = await packed(['--dry-run']));
});

describe('the package', () => {
  test('holds what runs, and nothing else', () => {
    const runs = new RegExp(`^dist/(?:${LAYERS.join('|')})/.+\\.(?:js|lua)$`);

    const others = files.filter((path) => !runs.test(path));

    expect(others.toSorted()).toEqual([
      'LICENSE',
      'README.md',
      'docs/comic-queue.1',
      'package.json',
    ]);
  });

  test('holds every module', async () => {
    const sources = await Promise.all(LAYERS.map(modulesOf));

    // Those of the browser are bundled into one.
    const modules = sources.flat().filter((path) => !path.startsWith('dashboard/browser/'));
    const built = modules.map((path) => `dist/${path.replace(/\.ts$/, '.js')}`);
    const wanted = [...built, 'dist/dashboard/browser/board.js', 'dist/shared/runs/fold.lua'];
    expect(wanted.filter((path) => !files.includes(path))).toEqual([]);
  });
});

/** The modules below a layer. */
async function modulesOf(layer: string): Promise<string[]> {
  const names = await readdir(join(PROJECT_ROOT, layer), { recursive: true });
  return names.filter((name) => name.endsWith('.ts')).map((name) => join(layer, name));
}
