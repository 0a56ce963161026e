/** The package: what is in it, and that it works where it is installed. */

import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { EXIT } from '../../shared/base/errors.js';
import { PROJECT_ROOT } from '../support/project-root.js';

const LAYERS = ['cli', 'producer', 'worker', 'dashboard', 'origin', 'shared'];

/** npm asks the registry for every package of ours and of theirs. */
const INSTALL_LIMIT_MS = 300_000;

const run = promisify(execFile);

const Packed = z.tuple([
  z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) }),
]);

let folder: string;
let tarball: string;
let files: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'comic-queue-package-'));
  // Scripts would build again, below the feet of tests that run beside this one.
  const options = ['--ignore-scripts', '--json', '--pack-destination', folder];
  const { stdout } = await run('npm', ['pack', ...options], { cwd: PROJECT_ROOT });
  const [packed] = Packed.parse(JSON.parse(stdout));
  tarball = join(folder, packed.filename);
  files = packed.files.map(({ path }) => path);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
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

describe('installed elsewhere', () => {
  let project: string;

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'comic-queue-installed-'));
    await writeFile(join(project, 'package.json'), '{ "private": true }');
    const options = ['--no-audit', '--no-fund', '--prefer-offline'];
    await run('npm', ['install', ...options, tarball], { cwd: project, env: environment() });
  }, INSTALL_LIMIT_MS);

  afterAll(async () => {
    await rm(project, { recursive: true });
  });

  test('it says its version', async () => {
    const { stdout } = await comicQueue('--version');

    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('it plays the demo', async () => {
    const brief = ['-c', '10', '--repeat', '1', '--latency', '1', '--port', '0'];

    const { stdout } = await comicQueue('demo', '1-20', ...brief, '--json');

    const stored = await readdir(join(project, 'data/demo/comics'));
    expect(stored).toHaveLength(20);
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'comic' });
  });

  test('it ends with the exit codes of the program', async () => {
    await expect(comicQueue('enqueue', 'comics', '0')).rejects.toMatchObject({ code: EXIT.usage });
  });

  test('nothing of it can be imported', async () => {
    const script = "await import('comic-queue/dist/cli/settings.js')";
    const imported = run(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: project,
    });

    await expect(imported).rejects.toThrow('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  async function comicQueue(...args: readonly string[]): Promise<{ stdout: string }> {
    return run('npx', ['--no-install', 'comic-queue', ...args], {
      cwd: project,
      env: environment(),
    });
  }
});

/** Without what vitest and npm tell their own children. */
function environment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_|VITE|NODE_)/.test(name),
  );
  // The optional builder of a Redis would build one at once; a demo flushes thousands of files.
  const own = { REDISMS_DISABLE_POSTINSTALL: '1', COMIC_QUEUE_DURABILITY: 'rename' };
  return { ...Object.fromEntries(inherited), ...own };
}

/** The modules below a layer. */
async function modulesOf(layer: string): Promise<string[]> {
  const names = await readdir(join(PROJECT_ROOT, layer), { recursive: true });
  return names.filter((name) => name.endsWith('.ts')).map((name) => join(layer, name));
}
