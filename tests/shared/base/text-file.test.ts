import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readTextFile } from '../../../shared/base/text-file.js';

const TEXT = 'COMIC_QUEUE_CONTACT=ü@example.org\r\n';
const UTF_16 = Buffer.from(TEXT, 'utf16le');

test.for([
  ['UTF-8', Buffer.from(TEXT)],
  ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${TEXT}`)],
  ['UTF-16, little end first', Buffer.concat([Buffer.from([0xff, 0xfe]), UTF_16])],
  [
    'UTF-16, big end first',
    Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(UTF_16).swap16()]),
  ],
  ['nothing at all', Buffer.alloc(0)],
] as const)('readTextFile() reads %s', async ([, bytes]) => {
  const directory = await mkdtemp(join(tmpdir(), 'cq-text-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, 'file');
  await writeFile(path, bytes);

  expect(await readTextFile(path)).toBe(bytes.length === 0 ? '' : TEXT);
});
