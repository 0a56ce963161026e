/** The board under a path, behind a real nginx, with and without TLS. */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../support/condition.js';
import { freePort } from '../../support/free-port.js';
import { startTestRedis, type TestRedis } from '../../support/redis-server.js';
import { ask, type BoardUnderTest, startBoard } from '../board-under-test.js';

const PASSWORD = 'secret';

const hasNginx = spawnSync('nginx', ['-v']).status === 0;
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

let redis: TestRedis;
let board: BoardUnderTest;

beforeAll(async () => {
  redis = await startTestRedis();
  board = await startBoard(redis, {
    basePath: '/queue',
    trustedProxies: ['loopback'],
    password: PASSWORD,
  });
});

afterAll(async () => {
  await board.stop();
  await redis.stop();
});

function login(password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`ada:${password}`).toString('base64')}` };
}

describe('a board under a path', () => {
  it.each([
    '/',
    '/runs',
    '/workers',
    '/queue/comics',
    '/assets/board.js',
    '/api/queues',
    '/healthz',
  ])('serves %s below it', async (path) => {
    const answer = await ask(`${board.url}${path}`, { headers: login(PASSWORD) });

    expect(answer.status).toBe(200);
  });

  it.each(['/', '/runs', '/queue/comics'])('has links and a base below it at %s', async (path) => {
    const { text } = await ask(`${board.url}${path}`, { headers: login(PASSWORD) });

    expect(text).toContain('<base href="/queue/"');
    expect(text).not.toMatch(/(?:href|src|action)="\/(?!queue\/")/);
  });

  it('is found from the root of its host, and nowhere else', async () => {
    const root = board.url.replace('/queue', '');
    const headers = login(PASSWORD);

    expect((await ask(`${root}/`, { headers })).headers['location']).toBe('/queue/');
    expect((await ask(`${root}/queue`, { headers })).headers['location']).toBe('/queue/');
    expect((await ask(`${root}/runs`, { headers })).text).toContain('the board is under /queue/');
    expect((await ask(`${root}/healthz`)).status).toBe(200);
  });
});

describe.skipIf(!hasNginx || !hasOpenssl)('behind nginx (needs nginx and openssl)', () => {
  let directory: string;
  let nginx: ChildProcess;
  const ports = { plain: 0, tls: 0 };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cq-nginx-'));
    [ports.plain, ports.tls] = [await freePort(), await freePort()];
    const make =
      'req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 1 -keyout key.pem -out cert.pem';
    execFileSync('openssl', make.split(' '), { cwd: directory, stdio: 'ignore' });
    await writeFile(join(directory, 'nginx.conf'), configuration(directory, board.url, ports));
    nginx = spawn('nginx', ['-p', directory, '-c', join(directory, 'nginx.conf')]);
    await until('nginx', async () => {
      const answer = await ask(`http://127.0.0.1:${ports.plain}/queue/healthz`).catch(() => {});
      return answer?.status === 200 ? true : undefined;
    });
  });

  afterAll(async () => {
    nginx.kill('SIGTERM');
    await once(nginx, 'exit');
    await rm(directory, { recursive: true });
  });

  it('serves pages, assets and API', async () => {
    for (const path of ['/', '/runs', '/assets/board.css', '/api/throughput']) {
      const url = `http://127.0.0.1:${ports.plain}/queue${path}`;
      expect((await ask(url, { headers: login(PASSWORD) })).status).toBe(200);
    }
  });

  it('serves them over TLS', async () => {
    const answered = request(`https://localhost:${ports.tls}/queue/runs`, {
      rejectUnauthorized: false,
      headers: login(PASSWORD),
    });
    answered.end();
    const [answer] = (await once(answered, 'response')) as [{ statusCode: number; resume(): void }];
    answer.resume();

    expect(answer.statusCode).toBe(200);
  });

  it('locks out the one client that guesses', async () => {
    const from = async (address: string, password: string): Promise<number> => {
      const url = `http://127.0.0.1:${ports.plain}/queue/api/queues`;
      const headers = { ...login(password), 'x-test-client': address };
      return (await ask(url, { headers })).status;
    };
    for (let times = 0; times < 10; times += 1) await from('203.0.113.5', 'wrong');

    expect(await from('203.0.113.5', PASSWORD)).toBe(429);
    expect(await from('203.0.113.6', PASSWORD)).toBe(200);
  });
});

/** Clients of several addresses are played by a header, which nginx takes for the address it saw. */
function configuration(
  directory: string,
  boardUrl: string,
  ports: { readonly plain: number; readonly tls: number },
): string {
  const location = `location /queue/ {
    proxy_pass ${boardUrl.replace('/queue', '')};
    proxy_set_header Host $host;
    proxy_set_header X-Forwarded-For $http_x_test_client;
    proxy_set_header X-Forwarded-Proto $scheme;
  }`;
  return `daemon off; pid ${directory}/pid; error_log stderr; worker_processes 1;
events {}
http {
  access_log off;
  client_body_temp_path ${directory}; proxy_temp_path ${directory};
  fastcgi_temp_path ${directory}; uwsgi_temp_path ${directory}; scgi_temp_path ${directory};
  server { listen 127.0.0.1:${ports.plain}; ${location} }
  server {
    listen 127.0.0.1:${ports.tls} ssl;
    ssl_certificate ${directory}/cert.pem; ssl_certificate_key ${directory}/key.pem;
    ${location}
  }
}
`;
}
