/** The package as npm makes it of what is built. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import { PROJECT_ROOT } from '../support/project-root.js';

const Packed = z.tuple([
  z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) }),
]);

/** Runs `npm pack` with more options; resolves with the name of the tarball, and what is in it. */
export async function packed(
  options: readonly string[],
): Promise<{ readonly tarball: string; readonly files: readonly string[] }> {
  // Scripts would build again, below the feet of tests that run beside this one.
  const words = ['pack', '--ignore-scripts', '--json', ...options];
  const { stdout } = await promisify(execFile)('npm', words, { cwd: PROJECT_ROOT });
  const [{ filename, files }] = Packed.parse(JSON.parse(stdout));
  return { tarball: filename, files: files.map(({ path }) => path) };
}
