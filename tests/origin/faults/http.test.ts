import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { comicBody } from '../../../origin/comics.js';
import type { OriginStats } from '../../../origin/ledger.js';
import { until } from '../../support/condition.js';
import { ask, askBeginning, askJson, startOrigin } from '../origin-client.js';
import { rawAsk } from '../raw-client.js';

const PATH = '/7/info.0.json';
const BODY = comicBody(7);
const HALF = BODY.slice(0, BODY.length >> 1);

describe('lengths and chunks', () => {
  test('truncate announces the whole and closes after half', async () => {
    const reply = await rawAsk(await startOrigin({ faults: ['truncate'] }), PATH);

    expect(reply.text).toContain(`Content-Length: ${BODY.length}\r\n`);
    expect(reply.body.toString()).toBe(HALF);
    expect(reply.ending).toBe('closed');
  });

  test.each([
    ['short-length', -10],
    ['long-length', 10],
  ])('%s is off by %i', async (fault, difference) => {
    const reply = await rawAsk(await startOrigin({ faults: [fault] }), PATH);

    expect(reply.text).toContain(`Content-Length: ${BODY.length + difference}\r\n`);
    expect(reply.body.toString()).toBe(BODY);
    expect(reply.ending).toBe('closed');
  });

  test('double-length announces two lengths, which Node refuses', async () => {
    const origin = await startOrigin({ faults: ['double-length'] });

    expect((await rawAsk(origin, PATH)).text.match(/Content-Length: \d+/g)).toEqual([
      `Content-Length: ${BODY.length}`,
      `Content-Length: ${BODY.length + 10}`,
    ]);
    await expect(ask(origin, PATH)).rejects.toThrow('Parse Error');
  });

  test('cut-chunked ends without the last chunk', async () => {
    const origin = await startOrigin({ faults: ['cut-chunked'] });

    const reply = await rawAsk(origin, PATH);

    expect(reply.text).toContain('Transfer-Encoding: chunked\r\n');
    expect(reply.body.toString()).toBe(`${HALF.length.toString(16)}\r\n${HALF}\r\n`);
    await expect(ask(origin, PATH)).rejects.toThrow('aborted');
  });

  test('bad-chunk has a size that is no number', async () => {
    const origin = await startOrigin({ faults: ['bad-chunk'] });

    expect((await rawAsk(origin, PATH)).body.toString()).toContain('\r\nzz\r\n');
    await expect(ask(origin, PATH)).rejects.toThrow('Parse Error');
  });

  test('huge-header is more than Node accepts', async () => {
    const origin = await startOrigin({ faults: ['huge-header'] });

    expect((await rawAsk(origin, PATH)).text).toContain('x'.repeat(65_536));
    await expect(ask(origin, PATH)).rejects.toThrow('Header overflow');
  });
});

describe('compression', () => {
  test('cut-gzip has its own right length and no end', async () => {
    const reply = await ask(await startOrigin({ faults: ['cut-gzip'] }), PATH);

    expect(reply.headers['content-encoding']).toBe('gzip');
    expect(() => gunzipSync(reply.body)).toThrow('unexpected end of file');
  });

  test('bad-gzip is not compressed at all', async () => {
    const reply = await ask(await startOrigin({ faults: ['bad-gzip'] }), PATH);

    expect(reply.headers['content-encoding']).toBe('gzip');
    expect(reply.body.toString()).toBe(BODY);
  });
});

describe('connections', () => {
  test('garbage is no HTTP', async () => {
    const origin = await startOrigin({ faults: ['garbage'] });

    const reply = await rawAsk(origin, PATH);

    expect(reply.bytes).toHaveLength(512);
    expect(reply.text).not.toContain('HTTP');
    await expect(ask(origin, PATH)).rejects.toThrow('Parse Error');
  });

  test('hangup closes and reset resets, neither with a byte', async () => {
    const hangup = await rawAsk(await startOrigin({ faults: ['hangup'] }), PATH);
    const reset = await rawAsk(await startOrigin({ faults: ['reset'] }), PATH);

    expect(hangup).toMatchObject({ text: '', ending: 'closed' });
    expect(reset).toMatchObject({ text: '', ending: 'reset' });
  });

  test('reset-body resets after half', async () => {
    const origin = await startOrigin({ faults: ['reset-body'] });

    const reply = await rawAsk(origin, PATH);

    expect(reply.body.toString()).toBe(HALF);
    expect(reply.ending).toBe('reset');
  });
});

describe('time', () => {
  test('no-header accepts and says nothing', async () => {
    const origin = await startOrigin({ faults: ['no-header'] });

    expect(await rawAsk(origin, PATH, 150)).toMatchObject({ text: '', ending: 'open' });
    await until('it has ended without a status', async () => {
      const { active, byStatus } = (await askJson(origin, '/__origin/stats')) as OriginStats;
      return active === 0 && byStatus['0'] === 1;
    });
  });

  test('stall sends half and keeps the connection', async () => {
    const reply = await rawAsk(await startOrigin({ faults: ['stall'] }), PATH, 1000);

    expect(reply.body.toString()).toBe(HALF);
    expect(reply.ending).toBe('open');
  });

  test('slow sends a byte at a time', async () => {
    const origin = await startOrigin({ faults: ['slow?interval=30'] });
    const startMs = performance.now();

    const beginning = await askBeginning(origin, PATH, 5);

    expect(beginning.toString()).toBe(BODY.slice(0, 5));
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(145);
  });

  test('slow gets to the end', async () => {
    const origin = await startOrigin({ faults: ['slow?interval=1'] });

    expect((await ask(origin, '/37/info.0.json')).body.toString()).toBe(comicBody(37));
  });
});
