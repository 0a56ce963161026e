import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newDirectory } from './planning.js';
import { plannedBy, startProducer } from './producer-process.js';

/** The most that a run takes, as ranges and one by one. */
const RANGED = 10_000_000;
const LISTED = 1_000_000;

/** What README promises. */
const RSS_MAX_MB = 200;

let directory: string;

beforeAll(async () => {
  directory = await newDirectory();
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

/** A part of an order that jumps about in which every number up to `LISTED` comes once. */
function* shuffledLines(first: number, end: number): Generator<string> {
  const step = 7_368_787;
  for (let start = first; start < end; start += 10_000) {
    let lines = '';
    for (let index = start; index < start + 10_000; index += 1) {
      lines += `${((index * step) % LISTED) + 1}\n`;
    }
    yield lines;
  }
}

describe(`planning as many comics as a run takes`, () => {
  it('takes little memory as ranges', async () => {
    const words = `1-${RANGED / 2} ${RANGED / 4}-${RANGED} 7`;

    const planned = await plannedBy(startProducer({ words }));

    expect(planned).toMatchObject({ total: RANGED });
    expect(planned.rssMaxMb).toBeLessThan(RSS_MAX_MB);
  });

  it('takes little memory as lines of a file and of standard input', async () => {
    const file = join(directory, 'ids.txt');
    await pipeline(Readable.from(shuffledLines(0, LISTED / 2)), createWriteStream(file));
    const producer = startProducer({ inputFiles: [file, '-'] });
    if (producer.stdin === null) throw new Error('The producer has no input');
    const fed = pipeline(Readable.from(shuffledLines(LISTED / 2, LISTED)), producer.stdin);

    const planned = await plannedBy(producer);

    await fed;
    expect(planned).toMatchObject({ asked: LISTED, total: LISTED });
    expect(planned.rssMaxMb).toBeLessThan(RSS_MAX_MB);
  });
});
