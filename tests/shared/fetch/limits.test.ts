import { getEventListeners } from 'node:events';
import { type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { JobFailure } from '../../../shared/base/outcome.js';
import { fetcher, NEVER, serve, serveRaw } from './site.js';

const MEBIBYTE = 1024 * 1024;

describe('the size limit', () => {
  test('lets a body of exactly that size pass, and not one byte more', async () => {
    const site = await serve((request, response) => {
      response.end(Buffer.alloc(Number(request.url?.slice(1))));
    });
    const fetching = fetcher({ limits: { bodyBytesMax: 1000 } });

    const exact = await fetching.get(`${site.origin}/1000`, { signal: NEVER });
    const over = fetching.get(`${site.origin}/1001`, { signal: NEVER });

    expect(exact.body.length).toBe(1000);
    await expect(over).rejects.toMatchObject({ reason: 'too-large', facts: { status: 200 } });
  });

  test('is that of the call where it names one', async () => {
    const site = await serve((_, response) => void response.end(Buffer.alloc(2000)));
    const fetching = fetcher({ limits: { bodyBytesMax: 1000 } });
    const fetch = (bodyBytesMax: number) =>
      fetching.get(site.origin, { signal: NEVER, bodyBytesMax });

    expect((await fetch(2000)).body.length).toBe(2000);
    await expect(fetch(1999)).rejects.toMatchObject({ reason: 'too-large' });
  });

  test('counts decoded bytes', async () => {
    const site = await serve((request, response) => {
      const body = gzipSync(Buffer.alloc(Number(request.url?.slice(1))));
      response.setHeader('Content-Encoding', 'gzip').end(body);
    });
    const fetching = fetcher();

    const exact = await fetching.get(`${site.origin}/${MEBIBYTE}`, { signal: NEVER });
    const over = fetching.get(`${site.origin}/${MEBIBYTE + 1}`, { signal: NEVER });

    expect(exact.body.length).toBe(MEBIBYTE);
    await expect(over).rejects.toMatchObject({ reason: 'too-large' });
  });

  test('stops a gzip bomb of 512 MiB before it takes memory or time', async () => {
    const bomb = gzipOfZeros(512 * MEBIBYTE);
    const site = await serve((_, response) => {
      response.setHeader('Content-Encoding', 'gzip').end(bomb);
    });
    const fetching = fetcher();
    const rssBefore = process.memoryUsage().rss;

    const failed = fetching.get(site.origin, { signal: NEVER });

    await expect(failed).rejects.toMatchObject({ reason: 'too-large' });
    expect(process.memoryUsage().rss - rssBefore).toBeLessThan(32 * MEBIBYTE);
  });

  test('holds for memory too, when a body comes in small chunks', async () => {
    const site = await serveRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      socket.write(Buffer.from(`10\r\n${'x'.repeat(16)}\r\n`.repeat(MEBIBYTE / 16)));
      socket.write('0\r\n\r\n');
    });
    const rssBefore = process.memoryUsage().rss;

    const { body } = await fetcher().get(site.origin, { signal: NEVER });

    expect(body.equals(Buffer.alloc(MEBIBYTE, 'x'))).toBe(true);
    expect(process.memoryUsage().rss - rssBefore).toBeLessThan(128 * MEBIBYTE);
  });

  test('ends a body in chunks of one byte, before they take much time', async () => {
    const site = await serveRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      socket.write(Buffer.from('1\r\nx\r\n'.repeat(MEBIBYTE)));
      socket.write('0\r\n\r\n');
    });

    const failed = fetcher().get(site.origin, { signal: NEVER });

    await expect(failed).rejects.toMatchObject({
      reason: 'bad-framing',
      message: expect.stringMatching(/bytes for \d{4,5} in tiny chunks/) as string,
    });
  });

  test('ends a flood of answers that announce another, and lets some pass', async () => {
    let answers = 0;
    const site = await serveRaw((socket) => {
      socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(answers));
      if (answers < 200) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });

    answers = 100;
    const some = await fetcher().get(site.origin, { signal: NEVER });
    answers = 10_000;
    const many = fetcher().get(site.origin, { signal: NEVER });

    expect(some.body.toString()).toBe('ok');
    await expect(many).rejects.toMatchObject({
      reason: 'bad-framing',
      message: 'bad-framing: more than 100 answers with a status of 1xx',
    });
  });

  test('ends an endless body, and an endless refusal', async () => {
    let sentBytes = 0;
    const site = await serve((request, response) => {
      response.writeHead(request.url === '/forbidden' ? 403 : 200);
      const more = (error?: Error | null): void => {
        if (response.destroyed || error) return;
        sentBytes += 64 * 1024;
        response.write(Buffer.alloc(64 * 1024), more);
      };
      more();
    });
    const fetching = fetcher();

    const body = fetching.get(site.origin, { signal: NEVER });
    const refusal = fetching.get(`${site.origin}/forbidden`, { signal: NEVER });

    // At once: either may be the first to fail.
    await Promise.all([
      expect(body).rejects.toMatchObject({ reason: 'too-large' }),
      expect(refusal).rejects.toMatchObject({ reason: 'forbidden' }),
    ]);
    // What the sockets of both sides hold comes on top of the limits.
    expect(sentBytes).toBeLessThan(32 * MEBIBYTE);
  });

  test('holds for the header as well', async () => {
    const site = await serve((_, response) => {
      response.setHeader('X-Long', 'x'.repeat(3_000)).end('ok');
    });

    const lenient = await fetcher().get(site.origin, { signal: NEVER });
    const strict = fetcher({ limits: { headerBytesMax: 2_000 } });

    expect(lenient.body.toString()).toBe('ok');
    const failed = strict.get(site.origin, { signal: NEVER });
    await expect(failed).rejects.toMatchObject({ reason: 'huge-header' });
  });
});

describe('the deadline', () => {
  const limits = { deadlineMs: 300 };

  test('ends a fetch without a header, and one whose body trickles', async () => {
    const site = await serveRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
      const trickle = setInterval(() => socket.write('x'), 50);
      socket.on('close', () => clearInterval(trickle));
    });
    const silent = await serveRaw(() => {});
    const fetching = fetcher({ limits });

    const failures = [site, silent].map(({ origin }) => fetching.get(origin, { signal: NEVER }));

    for (const failed of failures) {
      const error: unknown = await failed.catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ reason: 'timeout' });
      const { durationMs = 0 } = (error as JobFailure).facts;
      expect(durationMs).toBeGreaterThan(250);
      expect(durationMs).toBeLessThan(20_000);
    }
  });

  test('covers all redirects together', async () => {
    const site = await serve((request, response) => {
      const hop = Number(request.url?.slice(1));
      setTimeout(() => response.writeHead(302, { Location: `/${hop + 1}` }).end(), 120);
    });

    const failed = fetcher({ limits }).get(`${site.origin}/1`, { signal: NEVER });

    await expect(failed).rejects.toMatchObject({ reason: 'timeout' });
  });

  test('leaves a refusal its meaning when only its body trickles', async () => {
    const site = await serveRaw((socket) => {
      socket.write('HTTP/1.1 429 No\r\nRetry-After: 5\r\nContent-Length: 1000\r\n\r\n');
    });

    const failed = fetcher().get(site.origin, { signal: NEVER });

    await expect(failed).rejects.toMatchObject({ reason: 'throttled', retryAfterMs: 5_000 });
  });
});

describe('an abort', () => {
  test('rejects at once with the reason of the signal, and closes the connection', async () => {
    const sockets: Socket[] = [];
    const site = await serveRaw((socket) => void sockets.push(socket));
    const stop = new AbortController();
    const reason = new Error('the worker stops');

    const failed = fetcher().get(site.origin, { signal: stop.signal });
    await expect.poll(() => sockets.length).toBe(1);
    stop.abort(reason);

    await expect(failed).rejects.toBe(reason);
    await expect.poll(() => sockets[0]?.destroyed).toBe(true);
  });

  test('that came before the fetch sends no request', async () => {
    const site = await serve((_, response) => response.end('ok'));

    const failed = fetcher().get(site.origin, { signal: AbortSignal.abort('early') });

    await expect(failed).rejects.toBe('early');
    expect(site.requestCount()).toBe(0);
  });

  test('of a signal that many fetches share ends all of them, by one listener', async () => {
    const sockets: Socket[] = [];
    const site = await serveRaw((socket) => void sockets.push(socket));
    const stop = new AbortController();
    const reason = new Error('the worker stops');
    const fetching = fetcher();

    const fetches = Array.from({ length: 20 }, () =>
      fetching.get(site.origin, { signal: stop.signal }),
    );
    const listeners = getEventListeners(stop.signal, 'abort');
    const settled = Promise.allSettled(fetches);
    await expect.poll(() => sockets.length).toBe(20);
    stop.abort(reason);

    expect(listeners).toHaveLength(1);
    expect(await settled).toEqual(fetches.map(() => ({ status: 'rejected', reason })));
  });

  test('that never came leaves no listener behind', async () => {
    const site = await serve((_, response) => response.end('ok'));
    const stop = new AbortController();
    const fetching = fetcher();

    for (const round of [1, 2]) {
      const fetches = Array.from({ length: 20 }, () =>
        fetching.get(site.origin, { signal: stop.signal }),
      );
      await Promise.all(fetches);
      expect([round, getEventListeners(stop.signal, 'abort')]).toEqual([round, []]);
    }
  });
});

/** Members of one gzip file may follow each other: cheap to make, and a bomb like any other. */
function gzipOfZeros(bytes: number): Buffer {
  const member = gzipSync(Buffer.alloc(16 * MEBIBYTE), { level: 9 });
  return Buffer.concat(Array.from({ length: bytes / (16 * MEBIBYTE) }, () => member));
}
