import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { fetcher, NEVER, serve, serveRaw } from './site.js';

const OK = 'HTTP/1.1 200 OK\r\n';
const CUT_GZIP = gzipSync('{"num":614}'.repeat(50)).subarray(0, -12);

/** What the site sends before it closes, and the reason by which a person can tell it. */
const BROKEN = [
  ['a short body', `${OK}Content-Length: 100\r\n\r\nhello`, 'cut-short'],
  ['a long body', `${OK}Content-Length: 3\r\n\r\nhello`, 'overlong'],
  ['two lengths', `${OK}Content-Length: 3\r\nContent-Length: 5\r\n\r\nhello`, 'double-length'],
  ['a cut chunked body', `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`, 'cut-chunked'],
  ['a bad chunk', `${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n`, 'bad-framing'],
  ['a header field that is none', `${OK}what is this\r\n\r\n`, 'bad-framing'],
  ['something else than HTTP', 'SSH-2.0-OpenSSH_9\r\n', 'bad-framing'],
  ['a huge header', `${OK}X: ${'x'.repeat(40_000)}\r\n\r\n`, 'huge-header'],
  ['nothing', '', 'connection'],
] as const;

test.each(BROKEN)('%s ends the fetch with a reason of its own', async (_, bytes, reason) => {
  const site = await serveRaw((socket) => socket.end(bytes, 'latin1'));

  const failed = fetcher().get(site.origin, { signal: NEVER });

  await expect(failed).rejects.toMatchObject({ name: 'JobFailure', reason });
  expect(site.requestCount()).toBe(1);
});

test('a long last body ends the fetch with a reason of its own', async (context) => {
  const parser = Number(process.versions['llhttp']?.split('.')[0]);
  context.skip(parser < 9, 'the HTTP parser of Node 20.19 drops what follows the last body');
  const bytes = `${OK}Connection: close\r\nContent-Length: 3\r\n\r\nhello`;
  const site = await serveRaw((socket) => socket.end(bytes, 'latin1'));

  const failed = fetcher().get(site.origin, { signal: NEVER });

  await expect(failed).rejects.toMatchObject({ name: 'JobFailure', reason: 'overlong' });
});

test('a reset before the header is a broken connection', async () => {
  const site = await serveRaw((socket) => socket.resetAndDestroy());

  const failed = fetcher().get(site.origin, { signal: NEVER });

  await expect(failed).rejects.toMatchObject({ reason: 'connection' });
});

test('a reset within the body is one, or a short body where the system tells no more', async () => {
  const site = await serveRaw((socket) => {
    socket.write(`${OK}Content-Length: 100\r\n\r\nhello`, () => socket.resetAndDestroy());
  });

  const failed = fetcher().get(site.origin, { signal: NEVER });

  // libuv reports a reset that arrives together with data as an orderly end.
  const reason = expect.stringMatching(/^(?:connection|cut-short)$/) as string;
  await expect(failed).rejects.toMatchObject({ reason });
});

test('a port without a listener is a broken connection', async () => {
  const site = await serve((_, response) => response.end());
  const gone = site.origin.replace(/\d+$/, '1');

  const failed = fetcher().get(gone, { signal: NEVER });

  await expect(failed).rejects.toMatchObject({ reason: 'connection' });
});

test.each([
  ['a cut gzip body', 'gzip', CUT_GZIP],
  ['a gzip body that is none', 'gzip', Buffer.from('hello')],
  ['a brotli body that is none', 'br', Buffer.from('hello')],
  ['a coding that was not asked for', 'zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x24])],
])('%s could not be decompressed', async (_, coding, body) => {
  const site = await serve((__, response) => {
    response.setHeader('Content-Encoding', coding).end(body);
  });

  const failed = fetcher().get(site.origin, { signal: NEVER });

  await expect(failed).rejects.toMatchObject({ reason: 'bad-compression', facts: { url: /./ } });
});

test('a connection that died while idle costs one more request, and no failure', async () => {
  let answers = 0;
  const site = await serveRaw((socket) => {
    answers += 1;
    socket.write(`${OK}Content-Length: 2\r\n\r\nok`);
    socket.once('data', () => socket.resetAndDestroy());
  });
  const fetching = fetcher();

  for (let round = 0; round < 5; round += 1) {
    const { body } = await fetching.get(site.origin, { signal: NEVER });
    expect(body.toString()).toBe('ok');
  }

  expect(answers).toBe(5);
});

test.each([
  ['be cut', 'Content-Length: 999\r\n\r\nshort'],
  ['be framed badly', 'Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n'],
])('the body of a refusal may %s without hiding the refusal', async (_, rest) => {
  const head = 'HTTP/1.1 429 Slow down\r\nRetry-After: 9\r\n';
  const site = await serveRaw((socket) => socket.end(`${head}${rest}`));

  const failed = fetcher().get(site.origin, { signal: NEVER });

  await expect(failed).rejects.toMatchObject({ reason: 'throttled', retryAfterMs: 9_000 });
});

test('an answer that changes the protocol is a broken connection', async () => {
  const bytes = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';
  const site = await serveRaw((socket) => socket.write(bytes));

  const failed = fetcher().get(site.origin, { signal: NEVER });

  await expect(failed).rejects.toMatchObject({ name: 'JobFailure', reason: 'connection' });
});
