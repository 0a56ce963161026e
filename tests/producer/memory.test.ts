import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newDirectory } from './planning.js';
import { runProducer, startProducer } from './producer-process.js';

/** The most that a run takes, as ranges and one by one. */
const RANGED = 10_000_000;
const LISTED = 1_000_000;

/** What README promises. */
const RSS_MAX_MB = 200;
const LIMIT_MS = 60_000;

let directory: string;

beforeAll(async () => {
  directory = await newDirectory();
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

/** Every number up to `LISTED` once, in an order that jumps about. */
function* shuffledLines(): Generator<string> {
  const step = 7_368_787;
  for (let start = 0; start < LISTED; start += 10_000) {
    let lines = '';
    for (let index = start; index < start + 10_000; index += 1) {
      lines += `${((index * step) % LISTED) + 1}\n`;
    }
    yield lines;
  }
}

describe(`planning as many comics as a run takes`, () => {
  it.each([
    ['one range', `1-${RANGED}`],
    ['several ranges', `1-${RANGED / 2} ${RANGED / 4}-${RANGED} 7`],
  ])(
    'takes little memory as %s',
    async (_, words) => {
      const said = await runProducer(startProducer({ words }));

      expect(said).toMatchObject({ total: RANGED });
      expect(said['rssMaxMb']).toBeLessThan(RSS_MAX_MB);
    },
    LIMIT_MS,
  );

  it(
    'takes little memory as lines of a file',
    async () => {
      const inputFile = join(directory, 'ids.txt');
      await pipeline(Readable.from(shuffledLines()), createWriteStream(inputFile));

      const said = await runProducer(startProducer({ inputFile }));

      expect(said).toMatchObject({ asked: LISTED, total: LISTED });
      expect(said['rssMaxMb']).toBeLessThan(RSS_MAX_MB);
    },
    LIMIT_MS,
  );

  it(
    'takes little memory as lines on standard input',
    async () => {
      const producer = startProducer({ inputFile: '-' });
      if (producer.stdin === null) throw new Error('The producer has no input');
      const fed = pipeline(Readable.from(shuffledLines()), producer.stdin);

      const said = await runProducer(producer);

      await fed;
      expect(said).toMatchObject({ asked: LISTED, total: LISTED });
      expect(said['rssMaxMb']).toBeLessThan(RSS_MAX_MB);
    },
    LIMIT_MS,
  );
});
