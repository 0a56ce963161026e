import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../../../shared/base/errors.js';
import { openArchive } from '../../../shared/store/open-store.js';
import { PROJECT_ROOT } from '../../support/project-root.js';
import { COMIC, emptyDirectory, FACTS, storeAt } from './place.js';

/** Opens a store, and prints why it cannot. */
const OPEN = `
  const { openStore } = await import(${JSON.stringify(join(PROJECT_ROOT, 'dist/shared/store/open-store.js'))});
  const options = { worker: 'worker-1', durability: 'full', sites: { comics: 'https://a.example/{id}' } };
  await openStore(process.argv[1], options).catch((error) => process.stdout.write(error.message));
`;

describe('openStore()', () => {
  test('makes the directory, also from a file: URL', async () => {
    const out = join(emptyDirectory(), 'a/b');

    const store = await storeAt(pathToFileURL(out).href);
    await store.put(COMIC, Buffer.from('{}'), FACTS);

    expect((await openArchive(out).read(COMIC))?.toString()).toBe('{}');
  });

  test('knows no other kind of location', async () => {
    const failed = storeAt('s3://key:secret@bucket/comics');

    await expect(failed).rejects.toMatchObject({ exitCode: EXIT.badConfig });
    await expect(failed).rejects.not.toThrow('secret');
  });

  test('takes no worker name that would lead elsewhere', async () => {
    const failed = storeAt(emptyDirectory(), { worker: '../../x' });

    await expect(failed).rejects.toThrow(TypeError);
  });

  test('says in one line when the results cannot be written', async () => {
    const file = join(emptyDirectory(), 'file');
    writeFileSync(file, '');

    const failed = storeAt(join(file, 'out'));

    const message = expect.stringMatching(/^Cannot write results in [^\n]+--out\.$/) as string;
    await expect(failed).rejects.toMatchObject({ exitCode: EXIT.cannotWrite, message });
  });

  test.each(['comics', 'journal'])(
    'says in one line when %s is a link or a file',
    async (folder) => {
      const linked = emptyDirectory();
      const elsewhere = emptyDirectory();
      symlinkSync(elsewhere, join(linked, folder));
      const file = emptyDirectory();
      writeFileSync(join(file, folder), '');

      for (const [out, what] of [
        [linked, 'it is a symbolic link'],
        [file, 'it is not a directory'],
      ] as const) {
        const message = `Cannot write results in ${join(out, folder)}: ${what}. Put a directory or a mount there, or give another place with --out.`;
        await expect(storeAt(out)).rejects.toMatchObject({ exitCode: EXIT.cannotWrite, message });
      }
      expect(readdirSync(elsewhere)).toEqual([]);
    },
  );

  test.for(['comics', 'journal'])('names the owner of a %s of another user', (folder, context) => {
    context.skip(process.getuid?.() !== 0, 'only root may become another user');
    const out = emptyDirectory();
    chmodSync(out, 0o777);
    mkdirSync(join(out, folder));

    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', OPEN, out], {
      uid: 65_534,
      gid: 65_534,
      encoding: 'utf8',
    });

    const owner = 'permission denied (EACCES); user 0 owns it, and this is user 65534';
    expect(stdout).toBe(
      `Cannot write results in ${join(out, folder)}: ${owner}. Make it writable, or give another place with --out.`,
    );
  });

  test('follows a link to the directory itself', async () => {
    const out = join(emptyDirectory(), 'link');
    const target = emptyDirectory();
    symlinkSync(target, out);

    const store = await storeAt(out);
    await store.put(COMIC, Buffer.from('{}'), FACTS);

    expect(readdirSync(join(target, 'comics'))).toEqual(['614.json']);
  });

  test('says so when it lacks the permission', async (context) => {
    context.skip(process.getuid?.() === 0, 'root may write everywhere');
    const out = emptyDirectory();
    chmodSync(out, 0o555);

    await expect(storeAt(out)).rejects.toMatchObject({ exitCode: EXIT.cannotWrite });
  });
});

test('openStore() removes what dead workers left, once it is old', async () => {
  const out = emptyDirectory();
  mkdirSync(join(out, 'comics'));
  const young = join(out, 'comics/.worker-1.0a.1.tmp');
  const old = join(out, 'comics/.worker-2.0b.1.tmp');
  const result = join(out, 'comics/614.json');
  const dayAgo = new Date(Date.now() - 24 * 60 * 60 * 1_000);
  for (const path of [young, old, result]) writeFileSync(path, 'x');
  for (const path of [old, result]) utimesSync(path, dayAgo, dayAgo);

  await storeAt(out);

  await expect.poll(() => existsSync(old)).toBe(false);
  expect([young, result].map((path) => existsSync(path))).toEqual([true, true]);
});
