import { spawn } from 'node:child_process';
import dns from 'node:dns';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { fetcher, NEVER } from './site.js';

/** Answers each request; its connections queue up while the process is stopped. */
const SLOW_SITE = `
  require('node:http').createServer((request, response) => response.end('there'))
    .listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () {
      process.stdout.write(String(this.address().port));
    });
`;

const TABLE = '/proc/net/tcp';
const SYN_SENT = '02';

test('a site whose only address that answers does so late is reached', async (context) => {
  context.skip(!existsSync(TABLE), 'the connections of this system cannot be listed');
  const site = spawn(process.execPath, ['--eval', SLOW_SITE]);
  onTestFinished(() => void site.kill('SIGKILL'));
  const port = Number(await once(site.stdout, 'data'));
  haveAddresses('127.0.0.1', '::1');
  // The system drops what connects while the queue is full, and it is asked again after a second.
  site.kill('SIGSTOP');
  const crowd = Array.from({ length: 6 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  onTestFinished(() => {
    for (const socket of crowd) socket.destroy();
  });
  await expect.poll(() => connecting(port)).toBeGreaterThan(0);
  const waiting = connecting(port);

  const fetched = fetcher().get(`http://localhost:${port}/`, { signal: NEVER });
  await expect.poll(() => connecting(port)).toBeGreaterThan(waiting);
  site.kill('SIGCONT');

  expect((await fetched).body.toString()).toBe('there');
  expect((await fetched).durationMs).toBeGreaterThan(500);
});

/** How many connections to a port of this machine have not been answered. */
function connecting(port: number): number {
  const remote = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync(TABLE, 'utf8')
    .split('\n')
    .map((row) => row.trim().split(/\s+/));
  return rows.filter(([, , to, state]) => to?.endsWith(remote) && state === SYN_SENT).length;
}

/** Every name resolves to these until the test is over. */
function haveAddresses(...addresses: string[]): void {
  const { lookup } = dns;
  const replace = (replacement: unknown): void => {
    Object.assign(dns, { lookup: replacement });
    syncBuiltinESMExports();
  };
  onTestFinished(() => replace(lookup));
  type Answer = (error: null, addresses: { address: string; family: number }[]) => void;
  replace((_: string, __: unknown, answer: Answer) => {
    const family = (address: string): number => (address.includes(':') ? 6 : 4);
    answer(
      null,
      addresses.map((address) => ({ address, family: family(address) })),
    );
  });
}
