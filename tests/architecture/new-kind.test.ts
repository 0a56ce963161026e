/** The worked example of CONTRIBUTING.md: a fifth kind is two files and a line in the map. */

import { execFile, spawnSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { readDockerfile } from '../deploy/dockerfile.js';
import { PROJECT_ROOT } from '../support/project-root.js';
import { startTestRedis, type TestRedis } from '../support/redis-server.js';

let folder: string;
let example: Readonly<Record<'kind' | 'handler' | 'map', string>>;
let redis: TestRedis;
let site: Server;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'comic-queue-kind-'));
  const { buildFiles } = await readDockerfile();
  // The last build comes along: only what the new kind changes is compiled again.
  for (const name of [...buildFiles, 'dist']) {
    await cp(join(PROJECT_ROOT, name), join(folder, name), { recursive: true });
  }
  await symlink(join(PROJECT_ROOT, 'node_modules'), join(folder, 'node_modules'));
  example = await readExample();
  redis = await startTestRedis();
  site = await serveArtworks();
});

afterAll(async () => {
  site.close();
  await redis.stop();
  await rm(folder, { recursive: true });
});

test('a kind in the map without a handler does not build', async () => {
  await writeFile(join(folder, 'shared/kinds/artwork.ts'), example.kind);
  await writeFile(join(folder, 'map.diff'), example.map);
  await promisify(execFile)('git', ['apply', 'map.diff'], { cwd: folder });

  const { status, stderr } = build();

  expect(status).not.toBe(0);
  expect(stderr).toContain('artwork');
});

test('with its handler it is enqueued, worked and kept like any other', async () => {
  await writeFile(join(folder, 'worker/handlers/artwork.ts'), example.handler);
  expect(build()).toMatchObject({ status: 0 });

  await comicQueue('enqueue', 'artworks', '27992', '28560', '404');
  await comicQueue('work', '--kinds', 'artworks', '--drain', '--out', join(folder, 'out'));

  const kept = await readFile(join(folder, 'out/artworks/27992.json'), 'utf8');
  expect(kept).toBe('{"data":{"id":27992,"title":"Artwork 27992"}}');
  await expect(readFile(join(folder, 'out/artworks/28560.json'))).resolves.toBeDefined();
  await expect(readFile(join(folder, 'out/artworks/404.json'))).rejects.toThrow('ENOENT');
});

/** The three blocks of the chapter, in its order. */
async function readExample(): Promise<typeof example> {
  const page = await readFile(join(PROJECT_ROOT, 'CONTRIBUTING.md'), 'utf8');
  const chapter = page.split('\n## Adding a kind\n')[1] ?? '';
  const blocks = [...chapter.matchAll(/^```(?:ts|diff)\n(.*?)^```$/gms)].map(([, code]) => code);
  const [kind, handler, map] = z.tuple([z.string(), z.string(), z.string()]).parse(blocks);
  return { kind, handler, map };
}

function build(): { readonly status: number | null; readonly stderr: string } {
  return spawnSync('npm', ['run', '--silent', 'build'], { cwd: folder, encoding: 'utf8' });
}

async function comicQueue(...words: readonly string[]): Promise<void> {
  const address = z.object({ port: z.number() }).parse(site.address());
  const url = `http://127.0.0.1:${address.port}/artworks/{id}`;
  const env = { ...process.env, REDIS_URL: redis.url, COMIC_QUEUE_ARTWORK_URL: url };
  await promisify(execFile)(process.execPath, ['dist/cli/main.js', ...words], { cwd: folder, env });
}

/** Knows every artwork but number 404. */
async function serveArtworks(): Promise<Server> {
  const server = createServer((request, response) => {
    const id = Number(request.url?.split('/').at(-1));
    response.writeHead(id === 404 ? 404 : 200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ data: { id, title: `Artwork ${id}` } }));
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
