import { describe, expect, test } from 'vitest';
import { redirectTarget } from '../../../shared/fetch/redirect.js';
import { fetcher, NEVER, serve } from './site.js';

describe('get() follows', () => {
  test('redirects within the host and says where it ended', async () => {
    const site = await serve((request, response) => {
      if (request.url === '/end') response.end('there');
      else response.writeHead(301, { Location: '/end', 'Retry-After': '0' }).end('moved');
    });

    const { url, body } = await fetcher().get(`${site.origin}/start`, { signal: NEVER });

    expect([url, body.toString()]).toEqual([`${site.origin}/end`, 'there']);
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

describe('redirectTarget()', () => {
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
    [SEARCH, undefined, 'unexpected-status'],
  ])('from %s to %s throws %3$s', (from, location, reason) => {
    expect(() => redirectTarget(new URL(from), location)).toThrow(
      expect.objectContaining({ reason }) as Error,
    );
  });

  test.each([
    ['http://localhost/614', 'https://localhost/614', 'https://localhost/614'],
    ['https://xkcd.com/614', '/615/?a#b', 'https://xkcd.com/615/?a'],
    ['https://xkcd.com/614', 'https://me:secret@xkcd.com/1', 'https://xkcd.com/1'],
    ['https://xkcd.com/614', '/caf\u00c3\u00a9', 'https://xkcd.com/caf%C3%A9'],
  ])('from %s to %s leads to %s', (from, location, target) => {
    expect(redirectTarget(new URL(from), location).href).toBe(target);
  });
});
