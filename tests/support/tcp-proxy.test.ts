import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from './condition.js';
import { TcpProxy } from './tcp-proxy.js';

let server: Server;
let proxy: TcpProxy;
let client: Socket;
let arrived: string;
let answered: string;
let ending: 'none' | 'end' | 'reset';

beforeEach(async () => {
  [arrived, answered, ending] = ['', '', 'none'];
  server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      arrived += bytes.toString();
      socket.write(bytes.toString().toUpperCase());
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await TcpProxy.start({ port: (server.address() as AddressInfo).port });
  await connectClient();
});

afterEach(async () => {
  client.destroy();
  await proxy.close();
  server.close();
});

async function connectClient(): Promise<void> {
  client = connect(proxy.port, '127.0.0.1');
  client.on('data', (bytes: Buffer) => (answered += bytes.toString()));
  client.on('end', () => (ending = 'end'));
  client.on('error', () => (ending = 'reset'));
  await once(client, 'connect');
}

describe('a TCP proxy', () => {
  it('passes bytes both ways, after its latency', async () => {
    proxy.latencyMs = 50;
    const sinceMs = performance.now();
    client.write('one');
    await until('the answer', () => answered === 'ONE');

    expect(performance.now() - sinceMs).toBeGreaterThan(90);
  });

  it('keeps their order, however its latency changes', async () => {
    client.setNoDelay(true);
    const words = Array.from({ length: 2000 }, (_, index) => `${index},`);

    for (const [index, word] of words.entries()) {
      proxy.latencyMs = index % 300 < 200 ? 20 : 0;
      client.write(word);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until('all of it', () => answered.length === words.join('').length);

    expect(answered).toBe(words.join(''));
  });

  it('resets connections when it is cut, new ones too', async () => {
    client.write('one');
    await until('the answer', () => answered === 'ONE');
    proxy.mode = 'cut';
    await until('a reset', () => ending === 'reset');
    ending = 'none';
    await connectClient().catch(() => {});
    await until('a reset of the new one', () => ending === 'reset');

    expect(answered).toBe('ONE');
  });

  it('passes nothing while it is silent, and resets what lost bytes afterwards', async () => {
    proxy.mode = 'silent';
    client.write('one');
    const sinceMs = performance.now();
    await until('a while', () => performance.now() - sinceMs > 200);
    expect([arrived, answered, ending]).toEqual(['', '', 'none']);

    proxy.mode = 'passing';
    await until('a reset', () => ending === 'reset');
  });

  it('loses what comes back', async () => {
    proxy.mode = 'losing-replies';
    client.write('one');
    await until('the request', () => arrived === 'one');
    proxy.mode = 'passing';
    await until('a reset', () => ending === 'reset');

    expect(answered).toBe('');
  });
});
