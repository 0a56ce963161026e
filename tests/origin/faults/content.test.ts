import { createGunzip } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { comicBody } from '../../../origin/comics.js';
import type { OriginStats } from '../../../origin/ledger.js';
import { until } from '../../support/condition.js';
import { ask, askBeginning, askJson, type Reply, startOrigin } from '../origin-client.js';

const PATH = '/7/info.0.json';
const BODY = comicBody(7);

async function meet(fault: string, path = PATH): Promise<Reply> {
  return ask(await startOrigin({ faults: [fault] }), path);
}

function comicOf(reply: Reply): Record<string, unknown> {
  return JSON.parse(reply.body.toString()) as Record<string, unknown>;
}

describe('statuses', () => {
  test.each(['400', '401', '403', '404', '410', '429', '451', '500', '502', '503', '504'])(
    '%s, with any Retry-After',
    async (status) => {
      const plain = await meet(status);
      const telling = await meet(`${status}?retry-after=soon, or -5`);

      expect(plain.status).toBe(Number(status));
      expect(plain.headers['retry-after']).toBeUndefined();
      expect(plain.headers['content-type']).toContain('text/html');
      expect(telling.headers['retry-after']).toBe('soon, or -5');
    },
  );

  test.each(['204', '304'])('%s has no body', async (status) => {
    const reply = await meet(status);

    expect(reply.status).toBe(Number(status));
    expect(reply.body).toHaveLength(0);
  });
});

describe('content', () => {
  test.each([
    ['empty', 'application/json', ''],
    ['bom', 'application/json', `\ufeff${BODY}`],
    ['bad-json', 'application/json', BODY.slice(0, BODY.length >> 1)],
    ['missing-fields', 'application/json', '{"num":7}'],
    ['proto', 'application/json', `{"__proto__": ${BODY}}`],
  ])('%s', async (fault, type, body) => {
    const reply = await meet(fault);

    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toBe(type);
    expect(reply.body.toString()).toBe(body);
  });

  test('html200 and image200 are something else', async () => {
    const [page, image] = [await meet('html200'), await meet('image200')];

    expect(page.headers['content-type']).toContain('text/html');
    expect(page.body.toString()).toContain('<!doctype html>');
    expect(image.headers['content-type']).toBe('image/png');
    expect(image.body.subarray(1, 4).toString()).toBe('PNG');
  });

  test('other-num and hostile carry another number', async () => {
    const [other, hostile] = [comicOf(await meet('other-num')), comicOf(await meet('hostile'))];

    expect(other).toEqual({ ...(JSON.parse(BODY) as object), num: 8 });
    expect(hostile['num']).toBe(8);
    expect(hostile['title']).toContain('\u001b[2J');
    expect(hostile['title']).toContain('<script>');
  });

  test.each([PATH, '/search?q=KOSS'])('bad-utf8 breaks %s in one place only', async (path) => {
    const origin = await startOrigin({ faults: ['bad-utf8?first=1'] });

    const [broken, honest] = [await ask(origin, path), await ask(origin, path)];

    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(broken.body)).toThrow(
      'not valid',
    );
    const without = broken.body.toString('latin1').replace('\u00c3(', '');
    expect(without).toBe(honest.body.toString('latin1'));
  });
});

describe('size', () => {
  test('gzip-bomb decodes to what it says, and is small', async () => {
    const small = await meet('gzip-bomb?mib=8');
    let decoded = 0;
    const gunzip = createGunzip().on('data', (chunk: Buffer) => {
      decoded += chunk.length;
    });
    gunzip.end(small.body);
    await new Promise((resolve) => gunzip.once('end', resolve));

    expect(decoded).toBe(8 * 1_048_576 + BODY.length);
    expect((await meet('gzip-bomb')).body.length).toBeLessThan(600_000);
  });

  test('big-json and deep-json are valid comics', async () => {
    const [big, deep] = [await meet('big-json?mib=2'), await meet('deep-json?depth=500')];

    expect(comicOf(big)).toMatchObject({ num: 7, padding: 'x'.repeat(2 * 1_048_576) });
    expect(comicOf(deep)).toMatchObject({ num: 7 });
    expect(deep.body.toString()).toContain(`${'['.repeat(500)}${']'.repeat(500)}`);
  });

  test('endless goes on until the client leaves', async () => {
    const origin = await startOrigin({ faults: ['endless'] });

    const { length } = await askBeginning(origin, PATH, 10_000_000);

    expect(length).toBeGreaterThanOrEqual(10_000_000);
    await until('it has ended', async () => {
      const { active } = (await askJson(origin, '/__origin/stats')) as OriginStats;
      return active === 0;
    });
  });
});

describe('redirects', () => {
  test.each([
    ['redirect', `${PATH}?redirected=1`],
    ['redirect-loop', PATH],
    ['redirect-host', `https://elsewhere.example.invalid${PATH}`],
    ['redirect-loopback', 'http://127.0.0.1:9/trap'],
    ['redirect-host?to=https://xkcd.com/1', 'https://xkcd.com/1'],
  ])('%s leads to %s', async (fault, location) => {
    const reply = await meet(fault);

    expect(reply.status).toBe(302);
    expect(reply.headers.location).toBe(location);
  });

  test('redirect leads to the answer', async () => {
    const origin = await startOrigin({ faults: ['redirect'] });
    for (const path of [PATH, '/search?q=KOSS']) {
      const { headers } = await ask(origin, path);

      const reply = await ask(origin, headers.location ?? '');

      expect(reply.status).toBe(200);
      expect(reply.body.toString()).toContain(path === PATH ? BODY : 'KOSS: result 1');
    }
  });

  test('redirect-http leads to plain http on this host', async () => {
    const origin = await startOrigin({ faults: ['redirect-http?retry-after=0'] });

    const { headers } = await ask(origin, PATH);

    expect(headers.location).toBe(`${origin.url}${PATH}`);
    expect(headers['retry-after']).toBe('0');
  });
});

describe('blocks of a search site', () => {
  test('consent leads to the host for consent, comics are not touched', async () => {
    const origin = await startOrigin({ faults: ['consent?retry-after=3'] });

    const { status, headers } = await ask(origin, '/search?q=KOSS');

    expect(status).toBe(302);
    expect(headers.location).toMatch(/^https:\/\/consent\.google\.com\/ml\?continue=https%3A/);
    expect(headers['retry-after']).toBe('3');
    expect((await ask(origin, PATH)).status).toBe(200);
  });

  test('robot leads to a page that answers 429 and passes the Retry-After on', async () => {
    const origin = await startOrigin({ faults: ['robot?retry-after=60'] });
    const { status, headers } = await ask(origin, '/search?q=KOSS');
    expect(status).toBe(302);
    expect(headers.location).toMatch(/^\/sorry\/index\?continue=/);

    const end = await ask(origin, headers.location ?? '');

    expect(end.status).toBe(429);
    expect(end.headers['retry-after']).toBe('60');
    expect(end.body.toString()).toContain('not a robot');
  });

  test('javascript is a 200 that asks for scripts in its first 4 kB', async () => {
    const reply = await meet('javascript', '/search?q=KOSS');

    expect(reply.status).toBe(200);
    expect(reply.body.subarray(0, 4_096).toString()).toContain('/httpservice/retry/enablejs');
    expect(reply.body.toString()).not.toContain('result');
  });
});
