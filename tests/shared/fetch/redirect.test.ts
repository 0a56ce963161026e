import { type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { redirectFailure } from '../../../shared/fetch/answer.js';
import { until } from '../../support/condition.js';
import { fetcher, NEVER, serve } from './site.js';

const CHUNK = Buffer.alloc(64 * 1024);

describe('get() follows', () => {
  test('redirects within the host and says where it ended', async () => {
    const site = await serve((request, response) => {
      if (request.url === '/end') response.end('there');
      else response.writeHead(301, { Location: '/end', 'Retry-After': '0' }).end('moved');
    });

    const { url, body } = await fetcher().get(`${site.origin}/start`, { signal: NEVER });

    expect([url, body.toString()]).toEqual([`${site.origin}/end`, 'there']);
  });

  test('a target in UTF-8, without the password in it', async () => {
    const seen: unknown[] = [];
    const site = await serve((request, response) => {
      seen.push([request.url, request.headers.authorization]);
      const target = `http://me:secret@${request.headers.host ?? ''}/caf\u00c3\u00a9`;
      if (request.url === '/') response.writeHead(302, { Location: target }).end();
      else response.end('there');
    });

    const { url } = await fetcher().get(`${site.origin}/`, { signal: NEVER });

    expect(url).toBe(`${site.origin}/caf%C3%A9`);
    expect(seen).toEqual([
      ['/', undefined],
      ['/caf%C3%A9', undefined],
    ]);
  });

  test('a redirect whose own body never ends, and closes its connection afterwards', async () => {
    const redirecting: Socket[] = [];
    const site = await serve((request, response) => {
      if (request.url === '/end') {
        response.end('there');
        return;
      }
      redirecting.push(request.socket);
      response.writeHead(302, { Location: '/end' });
      const more = (error?: Error | null): void => {
        if (!response.destroyed && !error) response.write(CHUNK, more);
      };
      more();
    });

    const { body } = await fetcher().get(`${site.origin}/`, { signal: NEVER });

    expect(body.toString()).toBe('there');
    await expect.poll(() => redirecting[0]?.destroyed).toBe(true);
  });
});

describe('get() waits to follow a redirect', () => {
  async function redirecting() {
    return serve((request, response) => {
      const hop = Number(request.url?.slice(1));
      if (hop === 3) response.end('there');
      else response.writeHead(302, { Location: `/${hop + 1}` }).end();
    });
  }

  test('until it may, each time, and counts none of that', async () => {
    const site = await redirecting();
    const seen: number[] = [];
    const beforeRedirect = async (): Promise<void> => {
      seen.push(site.requestCount());
      const sinceMs = performance.now();
      await until('more than the deadline', () => performance.now() - sinceMs > 300);
    };

    const limits = { deadlineMs: 250 };
    const options = { signal: NEVER, beforeRedirect };
    const { body, durationMs } = await fetcher({ limits }).get(`${site.origin}/0`, options);

    expect([body.toString(), seen]).toEqual(['there', [1, 2, 3]]);
    expect(durationMs).toBeLessThan(250);
  });

  test('and ends with what is thrown instead', async () => {
    const site = await redirecting();
    const paused = new Error('paused');

    const failed = fetcher().get(`${site.origin}/0`, {
      signal: NEVER,
      beforeRedirect: () => Promise.reject(paused),
    });

    await expect(failed).rejects.toBe(paused);
    expect(site.requestCount()).toBe(1);
  });

  test('and sends nothing once it has been given up', async () => {
    const site = await redirecting();
    const giving = new AbortController();
    const up = new Error('given up');

    const failed = fetcher().get(`${site.origin}/0`, {
      signal: giving.signal,
      beforeRedirect: async () => giving.abort(up),
    });

    await expect(failed).rejects.toBe(up);
    expect(site.requestCount()).toBe(1);
  });
});

describe('get() takes nothing from', () => {
  test.each([
    ['a redirect elsewhere', 'https://example.org/', 'redirect-host'],
    ['a redirect to no URL', 'http://', 'unexpected-status'],
  ])('%s whose body never ends', async (_, location, reason) => {
    let sentBytes = 0;
    const site = await serve((__, response) => {
      response.writeHead(302, { Location: location });
      const more = (error?: Error | null): void => {
        if (response.destroyed || error) return;
        sentBytes += CHUNK.length;
        response.write(CHUNK, more);
      };
      more();
    });

    const failed = fetcher().get(`${site.origin}/`, { signal: NEVER });

    await expect(failed).rejects.toMatchObject({ reason, facts: { url: `${site.origin}/` } });
    // What the sockets of both sides hold comes on top of the limit.
    expect(sentBytes).toBeLessThan(16 * 1024 * 1024);
  });
});

describe('get() ends with redirect-loop', () => {
  test.each([
    ['to itself', () => '/', 1],
    ['in a circle', (hop: number) => (hop % 2 === 0 ? '/' : '/other'), 2],
    ['without end', (hop: number) => `/${hop}`, 6],
  ])('a site that redirects %s', async (_, next, requests) => {
    let hop = 0;
    const site = await serve((__, response) => {
      hop += 1;
      response.writeHead(302, { Location: next(hop) }).end();
    });

    const failed = fetcher().get(`${site.origin}/`, { signal: NEVER });

    await expect(failed).rejects.toMatchObject({ reason: 'redirect-loop' });
    expect(site.requestCount()).toBe(requests);
  });
});

describe('get() never contacts', () => {
  test('another port of this machine', async () => {
    const other = await serve((_, response) => response.end('secret'));
    const site = await serve((_, response) => {
      response.writeHead(302, { Location: `${other.origin}/` }).end();
    });

    const failed = fetcher().get(site.origin, { signal: NEVER });

    const facts = { url: `${site.origin}/` };
    await expect(failed).rejects.toMatchObject({ reason: 'redirect-host', facts });
    expect(other.requestCount()).toBe(0);
  });
});

describe('redirectFailure()', () => {
  const SEARCH = 'https://www.google.com/search?q=Yash';

  test.each([
    [SEARCH, 'https://consent.google.com/m?continue=x', 'consent-page'],
    [SEARCH, 'https://www.google.com/sorry/index?continue=x', 'robot-page'],
    [SEARCH, 'https://www.google.de/search?q=Yash', 'redirect-host'],
    [SEARCH, 'https://www.google.com:8443/search', 'redirect-host'],
    [SEARCH, '//127.0.0.1/', 'redirect-host'],
    [SEARCH, 'file:///etc/passwd', 'redirect-host'],
    [SEARCH, 'javascript:alert(1)', 'redirect-host'],
    [SEARCH, 'http://www.google.com/search', 'redirect-insecure'],
    [SEARCH, 'http://', 'unexpected-status'],
    [SEARCH, SEARCH, 'redirect-loop'],
    [SEARCH, '?q=Yash#b', 'redirect-loop'],
  ])('from %s to %s is %3$s', (url, location, reason) => {
    const redirect = { url, headers: { location }, requestUrl: new URL(url), redirectUrls: [] };

    expect(redirectFailure(redirect, 5)).toMatchObject({ reason });
  });

  test.each([
    ['http://localhost/614', 'https://localhost/614'],
    ['https://xkcd.com/614', '/615/?a#b'],
    ['https://xkcd.com/614', 'https://me:secret@xkcd.com/1'],
  ])('from %s to %s is none', (url, location) => {
    const redirect = { url, headers: { location }, requestUrl: new URL(url), redirectUrls: [] };

    expect(redirectFailure(redirect, 5)).toBeUndefined();
  });
});
