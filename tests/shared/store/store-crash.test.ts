import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { PROJECT_ROOT } from '../../support/project-root.js';
import { emptyDirectory, FACTS, storeAt } from './place.js';

const STORE_MODULE = join(PROJECT_ROOT, 'dist/shared/store/open-store.js');
const BODY_BYTES = 200_000;

/** A worker that stores the same comics over and over, ten at a time, each body of one letter. */
const RESTLESS = `
  const { openStore } = await import(process.argv[1]);
  const [, , out, worker, durability] = process.argv;
  const store = await openStore(out, { worker, durability, sites: { comics: 'https://a.example/{id}' } });
  const facts = ${JSON.stringify(FACTS)};
  for (let round = 0; ; round += 1) {
    const body = Buffer.alloc(${BODY_BYTES}, 'abcdefghij'[round % 10]);
    const files = Array.from({ length: 10 }, (_, index) => (index + 1) + '.json');
    await Promise.all(files.map((file) => store.put({ folder: 'comics', file }, body, facts)));
    console.log('round', round);
  }
`;

/** A worker that stores one comic and then says so. */
const SINGLE = `
  const { openStore } = await import(process.argv[1]);
  const [, , out, worker, durability] = process.argv;
  const store = await openStore(out, { worker, durability, sites: { comics: 'https://a.example/{id}' } });
  await store.put({ folder: 'comics', file: '614.json' }, Buffer.from('the comic'), ${JSON.stringify(FACTS)});
  process.stdout.write('stored');
  process.exit(0);
`;

test.each(['full', 'rename'] as const)(
  'no reader ever sees a part of a file, however often its writer is killed (%s)',
  async (durability) => {
    const out = emptyDirectory();

    for (let kill = 0; kill < 3; kill += 1) {
      const writer = startWriter(out, `worker-${kill}`, durability);
      await rounds(writer, 2);
      for (let reading = 0; reading < 20; reading += 1) expectWholeFiles(out);
      writer.kill('SIGKILL');
      await once(writer, 'exit');
      expectWholeFiles(out);
    }

    const next = await storeAt(out, { sites: {}, worker: 'worker-0', durability });
    await expect(
      next.put({ folder: 'comics', file: '1.json' }, Buffer.from('x'), FACTS),
    ).resolves.toBe('stored');
  },
);

test('a result is flushed, named, its name flushed, and its record flushed, in this order', (context) => {
  const isTraceable = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
  context.skip(!isTraceable, 'strace is not installed, or may not trace');
  const out = emptyDirectory();
  const log = join(out, 'strace.log');
  const calls = 'trace=openat,write,pwrite64,fdatasync,fsync,rename,renameat,renameat2';

  const program = [process.execPath, ...programOf(SINGLE, out, 'worker-1', 'full')];
  spawnSync('strace', ['-f', '-y', '-qq', '-e', calls, '-o', log, ...program]);
  const trace = readFileSync(log, 'utf8').split('\n');

  const temporary = String.raw`comics/\.worker-1\.[0-9a-f]+\.1\.tmp`;
  const written = indexOf(trace, 0, `p?write(64)?\\(\\d+<[^>]*${temporary}>, "the comic"`);
  const flushed = indexOf(trace, written, `fdatasync\\(\\d+<[^>]*${temporary}>`);
  const named = indexOf(trace, flushed, `rename.*${temporary}".*comics/614\\.json"`);
  const nameFlushed = indexOf(trace, named, String.raw`fsync\(\d+<[^>]*/comics>`);
  const recorded = indexOf(trace, named, String.raw`write(64)?\(\d+<[^>]*worker-1\.jsonl>, "\{`);
  const recordFlushed = indexOf(trace, recorded, String.raw`fdatasync\(\d+<[^>]*worker-1\.jsonl>`);
  const said = indexOf(trace, 0, String.raw`write\(1<.*"stored"`);
  expect(said).toBeGreaterThan(Math.max(nameFlushed, recordFlushed));
});

function startWriter(out: string, worker: string, durability: string): ChildProcess {
  const writer = spawn(process.execPath, programOf(RESTLESS, out, worker, durability), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void writer.kill('SIGKILL'));
  return writer;
}

function programOf(code: string, ...rest: string[]): string[] {
  return ['--input-type=module', '--eval', code, STORE_MODULE, ...rest];
}

async function rounds(writer: ChildProcess, count: number): Promise<void> {
  if (writer.stdout === null) throw new Error('The writer has no output');
  const lines = createInterface({ input: writer.stdout });
  for (let round = 0; round < count; round += 1) await once(lines, 'line');
}

function expectWholeFiles(out: string): void {
  const folder = join(out, 'comics');
  const files = readdirSync(folder).filter((file) => !file.startsWith('.'));
  for (const file of files) {
    const body = readFileSync(join(folder, file));
    expect(body.length).toBe(BODY_BYTES);
    expect(body.equals(Buffer.alloc(BODY_BYTES, body[0]))).toBe(true);
  }
}

/** The first line from `start` on that matches; the test fails when there is none. */
function indexOf(trace: readonly string[], start: number, pattern: string): number {
  const regexp = new RegExp(pattern);
  const index = trace.findIndex((line, at) => at >= start && regexp.test(line));
  expect(index, `no ${pattern} after line ${start}`).toBeGreaterThan(-1);
  return index;
}
