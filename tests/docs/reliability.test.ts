import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROJECT_ROOT } from '../support/project-root.js';

const page = await readFile(join(PROJECT_ROOT, 'docs/reliability.md'), 'utf8');

/** Rows that name a test: file and name, of the table of cases and of that of safeguards. */
const named = [...page.matchAll(/\| `(tests\/[^`]+\.test\.ts)` +\| ([^|]+?) +\|$/gm)].map(
  ([, file = '', name = '']) => ({ file, name }),
);

describe('docs/reliability.md', () => {
  it('has every promise, in order', () => {
    const promises = [...page.matchAll(/^\*\*(P\d+)\./gm)].map(([, promise]) => promise);

    expect(promises).toEqual(Array.from({ length: 10 }, (_, index) => `P${index + 1}`));
  });

  it('names tests', () => {
    expect(named.length).toBeGreaterThan(50);
  });

  it.each(named)('names a test that is there: $file, $name', async ({ file, name }) => {
    expect(await readFile(join(PROJECT_ROOT, file), 'utf8')).toContain(name.replaceAll('\\|', '|'));
  });

  it('names no other file of a test that is not there', async () => {
    const files = [...page.matchAll(/`(tests\/[^`]+\.ts)`/g)].map(([, file = '']) => file);

    for (const file of files) {
      await expect(readFile(join(PROJECT_ROOT, file))).resolves.toBeDefined();
    }
  });
});
