/** Every `sh` block of the pages that tell people what to type, run as they would run it. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { settingsOf } from '../../cli/commands/origin.js';
import { createOrigin, type Origin } from '../../origin/server.js';
import { freePort } from '../support/free-port.js';
import { PROJECT_ROOT } from '../support/project-root.js';
import { startTestRedis, type TestRedis } from '../support/redis-server.js';
import { ShellPlace } from './shell-place.js';

const PAGES = ['start.md', 'recipes.md', 'operating.md'] as const;

/** A block may wait for a run and start a dozen commands. */
const BLOCK = { timeout: 180_000 };

interface Block {
  /** The heading above it, and its number below that. */
  readonly title: string;
  readonly script: string;
}

const pages = await Promise.all(
  PAGES.map(async (page) => ({ page, blocks: blocksOf(await readPage(page)) })),
);

let redis: TestRedis;
let redisUrl: string;
let origin: Origin;

beforeAll(async () => {
  // redis-cli takes no URL of a socket.
  const port = await freePort();
  const options = ['--appendonly', 'yes', '--bind', '127.0.0.1', '--port', String(port)];
  redis = await startTestRedis(options);
  redisUrl = `redis://127.0.0.1:${port}`;
  origin = createOrigin({ latest: 3000 });
  await origin.start();
});

afterAll(async () => {
  await origin.stop();
  await redis.stop();
});

describe.each(pages)('docs/$page', ({ blocks }) => {
  let place: ShellPlace;

  beforeAll(async () => {
    place = await ShellPlace.open({ REDIS_URL: redisUrl, ...settingsOf(origin.url) });
  });

  afterAll(async () => {
    await place.close();
  });

  test.each(blocks)('$title', BLOCK, async ({ script }) => {
    // The page tells people to start afresh, too; a worker is there again for what follows.
    await place.keepWorker();

    const { code, output } = await place.run(script);

    expect({ code, output }).toMatchObject({ code: 0 });
  });
});

test('every question has its recipe', async () => {
  const headings = [...(await readPage('recipes.md')).matchAll(/^## /gm)];

  expect(headings.length).toBeGreaterThanOrEqual(20);
});

async function readPage(page: string): Promise<string> {
  return readFile(join(PROJECT_ROOT, 'docs', page), 'utf8');
}

function blocksOf(text: string): Block[] {
  return text.split(/^## /m).flatMap((section) => {
    const [heading = ''] = section.split('\n', 1);
    const scripts = [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)];
    return scripts.map(([, script = ''], index) => ({
      title: scripts.length === 1 ? heading : `${heading} (${index + 1})`,
      script,
    }));
  });
}
