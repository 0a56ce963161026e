import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { fetchLatest } from '../../producer/latest.js';
import { EXIT } from '../../shared/base/errors.js';
import { NEVER_STOPPED } from './planning.js';

let server: Server;

afterEach(() => {
  server.close();
});

async function answering(
  status: number,
  body: string,
): Promise<{ url: string; latestUrl: string }> {
  server = createServer((_, response) => response.writeHead(status).end(body));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return { url: `${url}/{id}`, latestUrl: `${url}/info.0.json` };
}

describe('fetchLatest()', () => {
  it("reads the number of the site's latest comic", async () => {
    const site = await answering(200, '{"num":3328,"title":"x"}');

    expect(await fetchLatest(site, 'tests', NEVER_STOPPED)).toBe(3328);
  });

  it.each([
    [500, '', 'status 500'],
    [404, '', 'status 404'],
    [200, '<html>', 'its answer holds no number'],
    [200, '{"num":"3328"}', 'its answer holds no number'],
    [200, '{"num":0}', 'its answer holds no number'],
  ])('cannot use %i %s', async (status, body, fact) => {
    const site = await answering(status, body);

    await expect(fetchLatest(site, 'tests', NEVER_STOPPED)).rejects.toMatchObject({
      exitCode: EXIT.unavailable,
      message: expect.stringContaining(fact),
    });
  });

  it('says that the site cannot be reached, without its password', async () => {
    const { latestUrl } = await answering(200, '');
    await new Promise((resolve) => server.close(resolve));

    await expect(fetchLatest({ url: '', latestUrl }, 'tests', NEVER_STOPPED)).rejects.toMatchObject(
      { exitCode: EXIT.unavailable },
    );
  });

  it('stops when it is told to', async () => {
    const site = await answering(200, '{"num":1}');

    await expect(
      fetchLatest(site, 'tests', AbortSignal.abort(new Error('stopped'))),
    ).rejects.toThrow('stopped');
  });
});
