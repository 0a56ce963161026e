import { once } from 'node:events';
import { connect } from 'node:net';
import { appRoutes } from '@bull-board/api/dist/routes.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDashboard } from '../../../dashboard/dashboard.js';
import { CommandError, EXIT } from '../../../shared/base/errors.js';
import { createLogger } from '../../../shared/base/logger.js';
import { queueOf, openQueue } from '../../../shared/queues/queue.js';
import { startTestRedis, type TestRedis } from '../../support/redis-server.js';
import {
  ask,
  type BoardUnderTest,
  controls,
  FROM_THE_BOARD,
  startBoard,
} from '../board-under-test.js';

const READING = new Set(['get', 'head']);

/** Every write that Bull Board knows, with a queue and a job that exist. */
const WRITES = appRoutes.api.flatMap(({ method, route }) =>
  [method].flat().flatMap((verb) =>
    READING.has(verb)
      ? []
      : [route].flat().map((path) => ({
          method: verb.toUpperCase(),
          path: path
            .replace(':queueName', 'comics')
            .replace(':jobId', 'r1.1')
            .replace(':queueStatus', 'failed')
            .replace(':schedulerId', 'daily'),
        })),
  ),
);

let redis: TestRedis;
let board: BoardUnderTest;

beforeAll(async () => {
  redis = await startTestRedis();
  board = await startBoard(redis);
  const bullQueue = openQueue(queueOf('comic', false).name, redis.connect());
  await bullQueue.add('comic', { id: 1 }, { jobId: 'r1.1' });
});

afterAll(async () => {
  await board.stop();
  await redis.stop();
});

function json(body: object): { headers: Record<string, string>; body: string } {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** Everything the board shows of its queues, jobs included. */
async function whatIsShown(): Promise<string> {
  return (await ask(`${board.url}/api/queues?activeQueue=comics`)).text;
}

describe("Bull Board's route table", () => {
  it('has writes to guard', () => {
    expect(WRITES.length).toBeGreaterThan(15);
  });

  it.each(WRITES)('$method $path is refused when another origin sends it', async (write) => {
    const before = await whatIsShown();
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      {},
    ]) {
      const sent = json({ name: 'x', data: {} });
      const answer = await ask(`${board.url}${write.path}`, {
        method: write.method,
        headers: { ...sent.headers, ...headers },
        body: sent.body,
      });
      expect(answer.status).toBe(403);
    }
    expect(await whatIsShown()).toBe(before);
  });

  it.each(WRITES)('$method $path is refused while the board is read-only', async (write) => {
    const answer = await ask(`${board.url}${write.path}`, {
      method: write.method,
      headers: FROM_THE_BOARD,
    });

    expect(answer.status).toBe(405);
  });

  it('is closed on a writable board, too', async () => {
    const writable = await startBoard(redis, { controls: controls(redis) });
    const statuses: number[] = [];
    for (const write of WRITES) {
      const sent = { method: write.method, headers: FROM_THE_BOARD };
      statuses.push((await ask(`${writable.url}${write.path}`, sent)).status);
    }
    const { text } = await ask(`${writable.url}/api/queues`);
    await writable.stop();

    expect(new Set(statuses)).toEqual(new Set([405]));
    expect(text).toContain('"readOnlyMode":true');
  });
});

describe('a write', () => {
  const path = '/api/controls';
  const body = JSON.stringify({ action: 'resume', queue: 'comics' });

  it.each([
    ['from our own page', FROM_THE_BOARD],
    ['from a program that names our origin', { origin: 'OURS' }],
  ])('is taken %s', async (_, headers) => {
    const writable = await startBoard(redis, { controls: controls(redis) });
    const filled = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value.replace('OURS', writable.url)]),
    );
    const answer = await ask(`${writable.url}${path}`, {
      method: 'POST',
      headers: { ...filled, 'content-type': 'application/json' },
      body,
    });
    await writable.stop();

    expect(answer.status).toBe(200);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'is refused as %s',
    async (type) => {
      const answer = await ask(`${board.url}${path}`, {
        method: 'POST',
        headers: { ...FROM_THE_BOARD, 'content-type': type },
        body: 'a=b',
      });

      expect(answer.status).toBe(403);
    },
  );

  it('whose body is not JSON is a 400 without a stack trace', async () => {
    const writable = await startBoard(redis, { controls: controls(redis) });
    const answer = await ask(`${writable.url}${path}`, {
      method: 'POST',
      headers: { ...FROM_THE_BOARD, 'content-type': 'application/json' },
      body: '{"a":',
    });
    await writable.stop();

    expect(answer.status).toBe(400);
    expect(answer.text).not.toMatch(/\bat .*:\d+|node_modules/);
  });
});

describe('the Host allow-list', () => {
  it.each(['evil.example', 'evil.example:3000', '10.1.2.3', 'localhost.evil.example'])(
    'refuses %j',
    async (host) => {
      const answer = await ask(`${board.url}/api/queues`, { headers: { host } });

      expect(answer.status).toBe(421);
      const name = host.split(':')[0];
      expect(answer.text).toContain(`--allow-host ${name}`);
    },
  );

  it('names the flag that changes it, on a page that needs no other file of the board', async () => {
    const headers = { host: 'board.example:8080', accept: 'text/html' };
    const { status, text } = await ask(`${board.url}/`, { headers });

    expect(status).toBe(421);
    expect(text).toContain('start it with --allow-host board.example.');
    expect(text).not.toMatch(/ (?:src|href)="(?!data:)/);
  });

  it.each(['localhost', 'localhost:8080', '127.0.0.1', '[::1]:3000', 'LOCALHOST'])(
    'serves %j',
    async (host) => {
      const answer = await ask(`${board.url}/api/queues`, { headers: { host } });

      expect(answer.status).toBe(200);
    },
  );

  it('serves names that were allowed', async () => {
    const named = await startBoard(redis, { allowedHosts: ['board.example'] });
    const answer = await ask(`${named.url}/`, { headers: { host: 'board.example:443' } });
    await named.stop();

    expect(answer.status).toBe(200);
  });
});

describe('the page', () => {
  it('carries the policy and asks no other host', async () => {
    const answer = await ask(`${board.url}/`);

    expect(answer.headers['content-security-policy']).toBe(
      "default-src 'none';script-src 'self';style-src 'self' 'unsafe-inline';" +
        "img-src 'self' data:;font-src 'self';connect-src 'self';base-uri 'self';" +
        "form-action 'self';frame-ancestors 'none'",
    );
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers).not.toHaveProperty('x-powered-by');
    expect(answer.text).not.toMatch(/https?:\/\//);
  });

  it.each(['/', '/runs'])('%s loads one script of ours, which needs no other', async (path) => {
    const page = await ask(`${board.url}${path}`);
    const { status, text } = await ask(`${board.url}/assets/board.js`);

    expect(page.text.match(/src="assets\/[^"]+\.js"/g)).toEqual(['src="assets/board.js"']);
    expect(status).toBe(200);
    expect(text).not.toMatch(/\bimport\b/);
  });

  it.each(['/', '/runs', '/assets/board.js', '/assets/board.css'])(
    '%s goes out compressed',
    async (path) => {
      const answer = await ask(`${board.url}${path}`, {
        headers: { 'accept-encoding': 'gzip, br' },
      });

      expect(answer.headers['content-encoding']).toBe('br');
    },
  );

  it('has small fonts, which browsers keep', async () => {
    const { text } = await ask(`${board.url}/assets/board.css`);
    const fonts = [...text.matchAll(/url\((font-\d+\.woff2)\)/g)].map(([, file]) => file);
    const answer = await ask(`${board.url}/assets/${fonts[0]}`);

    expect(fonts).toHaveLength(4);
    expect(answer.headers['content-type']).toBe('font/woff2');
    expect(Number(answer.headers['content-length'])).toBeLessThan(40_000);
    expect(answer.headers['cache-control']).toContain('max-age=604800');
  });

  it('sends the figures again only when they have changed', async () => {
    const first = await ask(`${board.url}/api/throughput`);
    const headers = { 'if-none-match': String(first.headers['etag']) };
    const second = await ask(`${board.url}/api/throughput`, { headers });

    expect([first.status, second.status, second.text]).toEqual([200, 304, '']);
  });

  it.each([
    '/api/queues?jobsPerPage=1000000',
    '/api/queues?jobsPerPage=1e9',
    '/api/queues?jobsPerPage=-1',
    '/api/queues?page=99999999999',
    '/api/queues?jobsPerPage=1&jobsPerPage=2',
    '/queue/%E0%A4%A',
  ])('%s is a 400', async (path) => {
    const answer = await ask(`${board.url}${path}`);

    expect(answer.status).toBe(400);
    expect(answer.text).not.toMatch(/\bat .*:\d+|node_modules/);
  });

  it('that does not exist is a 404', async () => {
    expect((await ask(`${board.url}/nothing`)).status).toBe(404);
  });
});

describe('createDashboard()', () => {
  const options = {
    port: 0,
    basePath: '/',
    trustedProxies: [],
    allowedHosts: [],
    sites: {},
    logger: createLogger('silent'),
    version: '0',
  };

  it.each(['0.0.0.0', '192.168.0.7', '::'])('refuses %s without a password', (host) => {
    const connection = redis.connect();

    expect(() => createDashboard({ ...options, connection, host })).toThrow(
      expect.objectContaining({ exitCode: EXIT.badConfig }),
    );
  });

  it('says in one line that the port is taken', async () => {
    const port = Number(new URL(board.url).port);
    const starting = startBoard(redis, { port });

    await expect(starting).rejects.toThrow(CommandError);
    await expect(starting).rejects.toMatchObject({
      exitCode: EXIT.portTaken,
      message: expect.stringMatching(/^Cannot serve the board on [^\n]*the port is taken/),
    });
  });

  it('says in words that an address is not of this machine', async () => {
    const starting = startBoard(redis, { host: '192.0.2.7', password: 'a long one', port: 3999 });

    await expect(starting).rejects.toMatchObject({
      exitCode: EXIT.badConfig,
      message: `Cannot serve the board on 192.0.2.7:3999: this machine has no such address. Give one of its own with --host, such as 127.0.0.1`,
    });
  });

  it('starts and stops twice without harm', async () => {
    const twice = await startBoard(redis);
    await twice.service.start();
    await twice.stop();
    await twice.service.stop();

    await expect(ask(twice.url)).rejects.toThrow('ECONNREFUSED');
  });
});

describe('silent and slow clients', () => {
  it('do not keep others out, and are cut off', async () => {
    const port = Number(new URL(board.url).port);
    const silent = Array.from({ length: 2000 }, () =>
      connect(port, '127.0.0.1').on('error', () => {}),
    );
    const slow = connect(port, '127.0.0.1').on('error', () => {});
    slow.write('GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
    const cut = Promise.all([silent[0], slow].map((socket) => once(socket ?? slow, 'close')));

    const answer = await ask(`${board.url}/healthz`);

    expect(answer.status).toBe(200);
    slow.resume();
    for (const socket of silent) socket.resume();
    await cut;
    for (const socket of silent) socket.destroy();
  });
});
