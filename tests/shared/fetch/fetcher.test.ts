import { networkInterfaces } from 'node:os';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { fetcher, NEVER, serve } from './site.js';

describe('get() answers', () => {
  test('with status, body, type, URL and time', async () => {
    const site = await serve((_, response) => {
      response.setHeader('Content-Type', 'application/json').end('{"num":614}');
    });

    const fetched = await fetcher().get(`${site.origin}/614/info.0.json`, { signal: NEVER });

    expect(fetched).toEqual({
      status: 200,
      url: `${site.origin}/614/info.0.json`,
      body: Buffer.from('{"num":614}'),
      contentType: 'application/json',
      durationMs: expect.any(Number) as number,
    });
    expect(fetched.durationMs).toBeGreaterThan(0);
  });

  test('a 404 without its body, so that the caller decides what it means', async () => {
    const site = await serve((_, response) => response.writeHead(404).end('<h1>nothing</h1>'));

    const fetched = await fetcher().get(site.origin, { signal: NEVER });

    expect([fetched.status, fetched.body.length]).toEqual([404, 0]);
  });

  test('naming the project, and taking compressed bodies', async () => {
    const headers: unknown[] = [];
    const site = await serve((request, response) => {
      headers.push(request.headers['user-agent'], request.headers['accept-encoding']);
      response.end('ok');
    });

    await fetcher().get(site.origin, { signal: NEVER });

    expect(headers).toEqual(['comic-queue-test (+https://example.org)', 'gzip, deflate, br']);
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
  ])('a body sent as %s with the bytes it had before', async (coding, encode) => {
    const original = Buffer.from('{"title":"\\u00bd \u{1f600}"}'.repeat(500));
    const site = await serve((_, response) => {
      response.setHeader('Content-Encoding', coding).end(encode(original));
    });

    const { body } = await fetcher().get(site.origin, { signal: NEVER });

    expect(body.equals(original)).toBe(true);
  });

  test('over IPv6, with the path and query asked for', async (context) => {
    const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
      addresses?.some(({ address }) => address === '::1'),
    );
    context.skip(!hasIpv6, 'this machine has no IPv6');
    const site = await serve((request, response) => response.end(request.url), '::1');

    const { body } = await fetcher().get(`${site.origin}/a/b?q=Your%20Name#c`, { signal: NEVER });

    expect(body.toString()).toBe('/a/b?q=Your%20Name');
  });

  test('a body in many chunks in their order', async () => {
    const site = await serve((_, response) => {
      for (let part = 0; part < 100; part += 1) response.write(`${part},`);
      response.end();
    });

    const { body } = await fetcher().get(site.origin, { signal: NEVER });

    expect(body.toString()).toBe(`${Array.from({ length: 100 }, (_, part) => part).join(',')},`);
  });

  test('with the final URL free of credentials', async () => {
    const site = await serve((_, response) => response.end('ok'));

    const { url } = await fetcher().get(site.origin.replace('//', '//me:secret@'), {
      signal: NEVER,
    });

    expect(url).toBe(`${site.origin}/`);
  });

  test('over connections that are used again, never more than the limit', async () => {
    const sockets = new Set<unknown>();
    const site = await serve((request, response) => {
      sockets.add(request.socket);
      setImmediate(() => response.end('ok'));
    });
    const fetching = fetcher({ connectionsMax: 3 });

    const asked = Array.from({ length: 60 }, () => fetching.get(site.origin, { signal: NEVER }));
    await Promise.all(asked);

    expect(sockets.size).toBe(3);
  });
});

describe('get() refuses', () => {
  test.each([
    [429, '120', 'throttled', 120_000],
    [429, 'soon', 'throttled', undefined],
    [429, undefined, 'throttled', undefined],
    [503, '7', 'throttled', 7_000],
    [503, '0', 'server-error', undefined],
    [503, undefined, 'server-error', undefined],
    [500, '7', 'server-error', 7_000],
    [403, undefined, 'forbidden', undefined],
    [401, undefined, 'forbidden', undefined],
    [451, undefined, 'forbidden', undefined],
    [410, undefined, 'client-error', undefined],
    [408, undefined, 'timeout', undefined],
    [206, undefined, 'unexpected-status', undefined],
    [304, undefined, 'unexpected-status', undefined],
  ])('status %d with Retry-After %s as %s', async (status, retryAfter, reason, retryAfterMs) => {
    const site = await serve((_, response) => {
      if (retryAfter !== undefined) response.setHeader('Retry-After', retryAfter);
      response.writeHead(status).end();
    });

    const failed = fetcher().get(site.origin, { signal: NEVER });

    const facts = { status, url: `${site.origin}/` };
    await expect(failed).rejects.toMatchObject({ reason, retryAfterMs, facts });
    expect(site.requestCount()).toBe(1);
  });

  test('http to any other machine, which is a matter of configuration', async () => {
    const failed = fetcher().get('http://example.org/', { signal: NEVER });

    await expect(failed).rejects.toThrow(TypeError);
  });
});
