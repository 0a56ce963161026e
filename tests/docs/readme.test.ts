import { execFile } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EXIT } from '../../shared/base/errors.js';
import { PROJECT_ROOT } from '../support/project-root.js';

const Manifest = z.object({
  dependencies: z.record(z.string(), z.string()),
  optionalDependencies: z.record(z.string(), z.string()),
});

async function read(file: string): Promise<string> {
  return readFile(join(PROJECT_ROOT, file), 'utf8');
}

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '');
}

describe('the README', () => {
  it('links to nothing that is not there', async () => {
    const links = matches(await read('README.md'), /\]\(([^)#]+)/g);

    const local = links.filter((link) => !link.startsWith('http'));
    expect(local.length).toBeGreaterThan(5);
    for (const link of local) await access(join(PROJECT_ROOT, link));
  });

  it('names commands that the program has, and all that it has', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      join(PROJECT_ROOT, 'dist/cli/main.js'),
      '--help',
    ]);
    const table =
      (await read('README.md')).split('## Day to day')[1]?.split('## The board')[0] ?? '';

    const known = matches(stdout.split('Commands:')[1] ?? '', /^ {2}([a-z]+)/gm);
    const rows = table.split('\n').filter((line) => line.startsWith('| `'));
    const named = rows.flatMap((row) => matches(row.split('|')[1] ?? '', /`([a-z]+)/g));
    expect(new Set(named)).toEqual(new Set(known.filter((command) => command !== 'help')));
  });

  it('gives a reason for every dependency', async () => {
    const manifest = Manifest.parse(JSON.parse(await read('package.json')));
    const table = (await read('README.md')).split('## Dependencies')[1] ?? '';

    const names = [
      ...Object.keys(manifest.dependencies),
      ...Object.keys(manifest.optionalDependencies),
    ];
    for (const name of names) expect(table).toContain(name);
  });
});

describe('docs/exit-codes.md', () => {
  it('explains every exit code, and no other', async () => {
    const codes = matches(await read('docs/exit-codes.md'), /^\| (\d+) /gm).map(Number);

    expect(codes).toEqual(Object.values(EXIT));
  });
});
