import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest';
import { startTestRedis, type TestRedis } from '../../support/redis-server.js';
import { ask, startBoard, type Answer, type BoardUnderTest } from '../board-under-test.js';

const PASSWORD = 'planted: pässword';

let redis: TestRedis;
let board: BoardUnderTest;

beforeAll(async () => {
  redis = await startTestRedis();
});

afterAll(async () => {
  await redis.stop();
});

beforeEach(async () => {
  board = await startBoard(redis, { password: PASSWORD });
});

afterEach(async () => {
  await board.stop();
});

function login(password: string, path = '/api/queues'): Promise<Answer> {
  const token = Buffer.from(`anybody:${password}`).toString('base64');
  return ask(`${board.url}${path}`, { headers: { authorization: `Basic ${token}` } });
}

describe('a board with a password', () => {
  it.each(['/', '/api/queues', '/static/favicon.ico', '/metrics', '/queue/comics'])(
    'asks for it at %s',
    async (path) => {
      const answer = await ask(`${board.url}${path}`);

      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toMatch(/^Basic realm=/);
    },
  );

  it('says so on a page to a browser that was not given it', async () => {
    const answer = await ask(`${board.url}/runs`, { headers: { accept: 'text/html' } });

    expect(answer.headers['content-type']).toContain('text/html');
    expect(answer.text).toContain('This board needs its password');
  });

  it('lets in whoever has it, again and again', async () => {
    const statuses = [];
    for (let times = 0; times < 15; times += 1) statuses.push((await login(PASSWORD)).status);

    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it('never counts the right password as an attempt, however many come at once', async () => {
    const together = await Promise.all(Array.from({ length: 60 }, () => login(PASSWORD)));
    for (let times = 0; times < 9; times += 1) await login('wrong');
    const after = await login(PASSWORD);

    expect(new Set(together.map(({ status }) => status))).toEqual(new Set([200]));
    expect(after.status).toBe(200);
  });

  it.each(['', 'planted', `${PASSWORD} `])('refuses %j', async (password) => {
    expect((await login(password)).status).toBe(401);
  });

  it('lets nobody in from an address that failed ten times, tried together or in turn', async () => {
    const together = await Promise.all(Array.from({ length: 100 }, (_, n) => login(`guess ${n}`)));
    const right = await login(PASSWORD);

    expect(together.filter(({ status }) => status === 401)).toHaveLength(10);
    expect(together.filter(({ status }) => status === 429)).toHaveLength(90);
    expect(right.status).toBe(429);
    expect(Number(right.headers['retry-after'])).toBeGreaterThan(800);
  });

  it('counts by what a trusted proxy says of its client, and by nothing that a client says', async () => {
    const behind = await startBoard(redis, { password: PASSWORD, trustedProxies: ['loopback'] });
    const as = async (url: string, client: string, password: string): Promise<number> => {
      const authorization = `Basic ${Buffer.from(`a:${password}`).toString('base64')}`;
      const headers = { authorization, 'x-forwarded-for': client };
      return (await ask(`${url}/api/queues`, { headers })).status;
    };
    for (let times = 0; times < 10; times += 1) {
      await as(behind.url, '10.1.1.1, 203.0.113.5', 'wrong');
      await as(board.url, `203.0.113.${times}`, 'wrong');
    }
    const statuses = [
      await as(behind.url, '10.9.9.9, 203.0.113.5', PASSWORD),
      await as(behind.url, '203.0.113.6', PASSWORD),
      await as(board.url, '203.0.113.77', PASSWORD),
    ];
    await behind.stop();

    expect(statuses).toEqual([429, 200, 429]);
  });

  it('shows it nowhere', async () => {
    const answers = [await login(PASSWORD, '/'), await login(PASSWORD), await login('wrong')];

    expect(JSON.stringify(answers)).not.toContain('planted');
  });

  it('answers its probes to everybody', async () => {
    const [alive, ready] = await Promise.all([
      ask(`${board.url}/healthz`, { headers: { host: '10.0.0.7:3000' } }),
      ask(`${board.url}/readyz`),
    ]);

    expect([alive.status, ready.status]).toEqual([200, 200]);
  });
});
