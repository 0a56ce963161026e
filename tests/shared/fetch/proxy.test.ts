import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { EXIT } from '../../../shared/base/errors.js';
import { createFetcher } from '../../../shared/fetch/fetcher.js';
import { fetchedElsewhere, hasOpenssl, makeCertificates, serveTls } from './tls-site.js';

/** The name in one of the certificates. It resolves nowhere, so that only a proxy can lead there. */
const SITE = 'https://other.example/614';

beforeEach((context) => context.skip(!hasOpenssl(), 'OpenSSL 3 is not installed'));

test.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY'])('%s leads to the site', async (variable) => {
  const { certificates, proxy } = await siteBehindProxy();

  const fetched = await fetchedElsewhere(certificates, [SITE, SITE], {
    [variable]: `http://me:s%40cret@${proxy.address}`,
  });

  expect(fetched).toEqual(['other-host', 'other-host']);
  const basic = `Basic ${Buffer.from('me:s@cret').toString('base64')}`;
  // One connection, kept alive, for both.
  expect(proxy.asked).toEqual([['other.example:443', basic]]);
});

test.each(['NO_PROXY', 'no_proxy'])('%s keeps a site from the proxy', async (variable) => {
  const { certificates, proxy } = await siteBehindProxy();

  const [fetched] = await fetchedElsewhere(certificates, [SITE], {
    HTTPS_PROXY: `http://${proxy.address}`,
    [variable]: 'elsewhere.example, other.example',
  });

  expect(fetched).toMatch(/^dns: /);
  expect(proxy.asked).toEqual([]);
});

test('this machine is asked without a proxy', async () => {
  const { certificates, proxy } = await siteBehindProxy();
  const local = await serveTls(certificates, 'good');

  const fetched = await fetchedElsewhere(certificates, [local], {
    HTTPS_PROXY: `http://${proxy.address}`,
  });

  expect(fetched).toEqual(['good']);
  expect(proxy.asked).toEqual([]);
});

test.each([
  ['refuses', (address: string) => `http://me:secret@${address}`, 'the proxy: Bad response: 407'],
  ['is not there', () => 'http://me:secret@127.0.0.1:1', 'ECONNREFUSED'],
])('a proxy that %s is a broken connection, and its password is not told', async (_, url, fact) => {
  const { certificates, proxy } = await siteBehindProxy(407);

  const [failure] = await fetchedElsewhere(certificates, [SITE], {
    HTTPS_PROXY: url(proxy.address),
  });

  expect(failure).toMatch(/^connection: /);
  expect(failure).toContain(fact);
  expect(failure).not.toContain('secret');
});

test.each([
  ['HTTPS_PROXY', 'me:secret@somewhere:x'],
  ['all_proxy', 'socks5://me:secret@somewhere'],
])('createFetcher() refuses %s=%s with 78, and does not tell its password', (variable, text) => {
  vi.stubEnv(variable, text);
  onTestFinished(() => void vi.unstubAllEnvs());

  const create = () => createFetcher({ userAgent: 'test', connectionsMax: 1 });

  expect(create).toThrow(expect.objectContaining({ exitCode: EXIT.badConfig }) as Error);
  expect(create).toThrow(`Cannot use the proxy in ${variable}: it is not an http://`);
});

interface Proxy {
  readonly address: string;
  /** What each CONNECT asked for, and with which credentials. */
  readonly asked: unknown[];
}

/** A site, and a proxy through which every name leads to it; or one that refuses with a status. */
async function siteBehindProxy(status = 200): Promise<{ certificates: string; proxy: Proxy }> {
  const certificates = makeCertificates();
  const site = new URL(await serveTls(certificates, 'other-host'));
  const asked: unknown[] = [];
  const sockets: Socket[] = [];
  const server = createServer().on('connect', ({ url, headers }, socket: Socket) => {
    asked.push([url, headers['proxy-authorization']]);
    socket.write(`HTTP/1.1 ${status} Whatever\r\n\r\n`);
    const through = connect({ host: site.hostname, port: Number(site.port) });
    sockets.push(socket, through);
    for (const one of [socket, through]) one.on('error', () => one.destroy());
    socket.pipe(through).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { certificates, proxy: { address: `127.0.0.1:${port}`, asked } };
}
