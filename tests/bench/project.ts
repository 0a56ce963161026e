/** Where the project is, wherever this file was compiled to. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder that holds package.json. */
export const PROJECT = findUp(import.meta.dirname);

/** The command line of a checkout, as built by `npm run build`. */
export function programOf(checkout: string): string {
  return join(checkout, 'dist/cli/main.js');
}

function findUp(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error('There is no package.json above the benchmark');
  return findUp(above);
}
