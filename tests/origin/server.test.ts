import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { comicBody } from '../../origin/comics.js';
import { createOrigin } from '../../origin/server.js';
import { CommandError, EXIT } from '../../shared/base/errors.js';
import { ask, askJson, startOrigin } from './origin-client.js';

/** The built stand-in, for a process of its own. */
const BUILT = new URL('../../dist/origin/server.js', import.meta.url).href;

describe('comics', () => {
  test('are served with the headers of xkcd', async () => {
    const origin = await startOrigin();

    const reply = await ask(origin, '/614/info.0.json');

    expect(reply.status).toBe(200);
    expect(reply.body.toString()).toBe(comicBody(614));
    expect(reply.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': String(reply.body.length),
      'cache-control': 'max-age=300',
    });
    expect(reply.headers.etag).toMatch(/^W\/"/);
    expect(reply.headers['content-encoding']).toBeUndefined();
  });

  test('are compressed for clients that accept it, unless told otherwise', async () => {
    const headers = { 'accept-encoding': 'gzip, deflate, br' };
    const [compressing, plain] = [await startOrigin(), await startOrigin({ gzip: false })];

    const [reply, again] = [
      await ask(compressing, '/5/info.0.json', { headers }),
      await ask(compressing, '/5/info.0.json', { headers }),
    ];

    expect(reply.headers['content-encoding']).toBe('gzip');
    expect(reply.headers['content-length']).toBe(String(reply.body.length));
    expect(gunzipSync(reply.body).toString()).toBe(comicBody(5));
    expect(again.body).toEqual(reply.body);
    expect((await ask(plain, '/5/info.0.json', { headers })).body.toString()).toBe(comicBody(5));
  });

  test('end at the latest, which has a page of its own', async () => {
    const origin = await startOrigin({ latest: 1_000_000 });

    expect(await askJson(origin, '/info.0.json')).toMatchObject({ num: 1_000_000 });
    expect((await ask(origin, '/1000000/info.0.json')).status).toBe(200);
    expect((await ask(origin, '/1000001/info.0.json')).status).toBe(404);
    expect(origin.latest).toBe(1_000_000);
    expect((await startOrigin()).latest).toBe(3_328);
    expect((await startOrigin({ latest: 404 })).latest).toBe(403);
  });

  test.each(['404', '0', '-1', '0614', '1.5', 'abc', '99999999999', '3329'])(
    '%s is a real 404',
    async (number) => {
      const reply = await ask(await startOrigin(), `/${number}/info.0.json`);

      expect(reply.status).toBe(404);
      expect(reply.headers['content-type']).toBe('text/html');
      expect(reply.body.toString()).toContain('404 Not Found');
    },
  );
});

describe('searches', () => {
  test('give a page that holds the term, escaped', async () => {
    const origin = await startOrigin();
    const term = `<script>alert("1")</script> & 'né' \u202e`;

    const reply = await ask(origin, `/search?q=${encodeURIComponent(term)}`);

    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toBe('text/html; charset=UTF-8');
    const page = reply.body.toString();
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;né&#39;');
    expect(page).not.toContain('<script>alert');
  });

  test('read a plus as a space, and need a term', async () => {
    const origin = await startOrigin();

    expect((await ask(origin, '/search?q=Your+Name')).body.toString()).toContain('Your Name');
    expect((await ask(origin, '/search')).status).toBe(404);
    expect((await ask(origin, '/search?q=')).status).toBe(404);
  });

  test('have a page for robots that answers 429', async () => {
    const origin = await startOrigin();

    const reply = await ask(origin, '/sorry/index?retry-after=7');

    expect(reply.status).toBe(429);
    expect(reply.headers['retry-after']).toBe('7');
    expect((await ask(origin, '/sorry/index')).headers['retry-after']).toBeUndefined();
    expect((await ask(origin, '/sorry/index?retry-after=%0d%0aX:1')).headers['x']).toBeUndefined();
  });
});

test('other pages are 404, other methods 405, HEAD has no body', async () => {
  const origin = await startOrigin();

  expect((await ask(origin, '/')).status).toBe(404);
  expect((await ask(origin, '/614')).status).toBe(404);
  expect((await ask(origin, '/614/info.0.json', { method: 'POST', body: 'x' })).status).toBe(405);
  const head = await ask(origin, '/614/info.0.json', { method: 'HEAD' });
  expect(head.headers['content-length']).toBe(String(comicBody(614).length));
  expect(head.body).toHaveLength(0);
});

describe('createOrigin', () => {
  test('refuses options that are wrong and names each', () => {
    const wrong = { port: 70_000, latencyMs: -1, speed: 1 };

    const create = (): unknown => createOrigin(wrong);

    expect(create).toThrow(CommandError);
    expect(create).toThrow(/--port must .*--latency must .*speed/);
    expect(create).toThrow(expect.objectContaining({ exitCode: EXIT.usage }));
  });

  test('has no url before it is started', () => {
    expect(() => createOrigin().url).toThrow('has not been started');
  });

  test('reports a taken port', async () => {
    const origin = await startOrigin();
    const second = createOrigin({ port: Number(new URL(origin.url).port) });

    await expect(second.start()).rejects.toMatchObject({ exitCode: EXIT.portTaken });
    await second.stop();
  });

  test('reports an address it cannot listen on, and shows a reachable one', async () => {
    const elsewhere = createOrigin({ host: '192.0.2.1' });
    await expect(elsewhere.start()).rejects.toMatchObject({ exitCode: EXIT.badConfig });

    const everywhere = await startOrigin({ host: '0.0.0.0' });
    expect(everywhere.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await ask(everywhere, '/1/info.0.json')).status).toBe(200);
  });

  test('starts and stops any number of times, and stop ends open connections', async () => {
    const origin = createOrigin({ latencyMs: 60_000 });
    onTestFinished(() => origin.stop());
    await Promise.all([origin.start(), origin.start()]);
    const socket = connect(Number(new URL(origin.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write('GET /1/info.0.json HTTP/1.1\r\nHost: x\r\n\r\n');
    const closed = new Promise((resolve) => socket.once('close', resolve));

    await Promise.all([origin.stop(), origin.stop()]);

    await closed;
    await origin.stop();
    await origin.start();
    expect(origin.url).toContain('127.0.0.1');
  });

  test('listens once, however often it is started', async () => {
    const first = await startOrigin();
    const port = Number(new URL(first.url).port);
    await first.stop();
    const origin = createOrigin({ port });
    onTestFinished(() => origin.stop());

    await Promise.all([origin.start(), origin.start()]);
    await origin.start();

    expect((await ask(origin, '/1/info.0.json')).status).toBe(200);
  });

  test('leaves nothing behind that keeps a process alive', async () => {
    const script = `
      import { get } from 'node:http';
      import { createOrigin } from ${JSON.stringify(BUILT)};
      const origin = createOrigin({ latencyMs: 100, faults: ['slow?ids=1', '503?ids=2'] });
      await origin.start();
      get(origin.url + '/3/info.0.json').on('error', () => undefined);
      get(origin.url + '/1/info.0.json', (response) => {
        response.on('error', () => undefined);
        get(origin.url + '/2/info.0.json').on('error', () => undefined);
        response.once('data', () => origin.stop());
      });`;

    const child = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', script],
      { timeout: 20_000 },
    );

    expect(child).toEqual({ stdout: '', stderr: '' });
  });
});
