/** How the tree may grow: shallow enough to be followed, and folders that one look takes in. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { PROJECT_ROOT } from '../support/project-root.js';

const FLOOR = ['cli', 'producer', 'worker', 'dashboard', 'origin', 'shared'];

/** Imports from `cli/main.ts` down to a file that imports nothing of ours. */
const IMPORTS_IN_A_ROW_MAX = 14;

const ENTRIES_MAX = 20;

/** An import or a re-export, static or dynamic, of types or of values. */
const IMPORT = /\b(?:from|import)\s*\(?\s*'(\.[^']+)\.js'/g;

const folders = FLOOR.flatMap(foldersIn);

const imports = new Map(
  folders.flatMap(({ path, files }) =>
    files
      .filter((file) => file.endsWith('.ts'))
      .map((file) => [join(path, file), importsOf(join(path, file))] as const),
  ),
);

test('no file is reached by more imports in a row than a reader follows', () => {
  const longest = [...imports.keys()]
    .map((file) => longestChain(file))
    .reduce((one, other) => (other.length > one.length ? other : one), []);

  const tooLong = longest.length - 1 > IMPORTS_IN_A_ROW_MAX ? longest : [];
  expect(tooLong).toEqual([]);
  // The chain begins where the program does, or imports were not found.
  expect(longest[0]).toBe('cli/main.ts');
});

test.each(folders)(`$path has at most ${ENTRIES_MAX} entries`, ({ entries }) => {
  expect(entries.slice(ENTRIES_MAX)).toEqual([]);
});

describe('ARCHITECTURE.md', () => {
  const text = readFileSync(join(PROJECT_ROOT, 'ARCHITECTURE.md'), 'utf8');
  const tree = text.split('## The tree\n')[1]?.split('\nImports point down')[0] ?? '';
  const layers = [...FLOOR, ...foldersUnder('shared')];

  it.each(layers)('names %s in its tree', (layer) => {
    const indent = layer.startsWith('shared/') ? ' {6}' : ' {4}';
    expect(tree).toMatch(new RegExp(`^${indent}${layer.replace('shared/', '')}/(\\s|$)`, 'm'));
  });

  it('names functions by the files that hold them, and only files that are there', () => {
    const named = [...text.matchAll(/(?:`(\w+)` in )?`((?:\w[\w-]*\/)+[\w-]+\.(?:ts|lua))`/g)];

    const lacking = named.filter(([, name = '', file = '']) => {
      const path = join(PROJECT_ROOT, file);
      return !existsSync(path) || !readFileSync(path, 'utf8').includes(name);
    });

    expect(lacking.map(([place]) => place)).toEqual([]);
    expect(named.length).toBeGreaterThan(20);
  });
});

interface Folder {
  readonly path: string;
  readonly entries: readonly string[];
  readonly files: readonly string[];
}

/** A folder and all below it. */
function foldersIn(path: string): Folder[] {
  const entries = readdirSync(join(PROJECT_ROOT, path), { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const below = foldersUnder(path).flatMap(foldersIn);
  return [{ path, entries: entries.map(({ name }) => name), files }, ...below];
}

function foldersUnder(path: string): string[] {
  return readdirSync(join(PROJECT_ROOT, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(path, name));
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(PROJECT_ROOT, file), 'utf8');
  return [...text.matchAll(IMPORT)].map(([, path]) =>
    relative(PROJECT_ROOT, join(PROJECT_ROOT, dirname(file), `${path}.ts`)),
  );
}

const chains = new Map<string, readonly string[]>();

/** The longest way of imports down from a file, itself included. */
function longestChain(file: string, above: readonly string[] = []): readonly string[] {
  if (above.includes(file)) throw new Error(`A cycle: ${[...above, file].join(' > ')}`);
  const known = chains.get(file);
  if (known !== undefined) return known;
  const below = (imports.get(file) ?? [])
    .map((next) => longestChain(next, [...above, file]))
    .reduce((one, other) => (other.length > one.length ? other : one), []);
  const chain = [file, ...below];
  chains.set(file, chain);
  return chain;
}
