/** Sites over TLS for the tests of fetching, and a process that trusts their authority. */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { PROJECT_ROOT } from '../../support/project-root.js';

const FETCHER_MODULE = join(PROJECT_ROOT, 'dist/shared/fetch/fetcher.js');

/** Fetches each URL and prints its body, or how it failed. */
const CLIENT = `
  const [, fetcherModule, ...urls] = process.argv;
  const { createFetcher } = await import(fetcherModule);
  const fetcher = createFetcher({ userAgent: 'test', connectionsMax: 1 });
  const signal = new AbortController().signal;
  const endings = [];
  for (const url of urls) {
    const fetched = fetcher.get(url, { signal });
    endings.push(await fetched.then(({ body }) => body.toString(), (error) => error.message));
  }
  console.log(JSON.stringify(endings));
  fetcher.close();
`;

/** Whether there is an OpenSSL that makes the certificates as they are needed here. */
export function hasOpenssl(): boolean {
  const version = spawnSync('openssl', ['version']).stdout?.toString() ?? '';
  return version.startsWith('OpenSSL 3');
}

/** What a process with this environment, which trusts the authority, fetches from each URL. */
export async function fetchedElsewhere(
  certificates: string,
  urls: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<string[]> {
  const client = spawn(
    process.execPath,
    ['--input-type=module', '--eval', CLIENT, FETCHER_MODULE, ...urls],
    { env: { ...process.env, ...env, NODE_EXTRA_CA_CERTS: join(certificates, 'ca.pem') } },
  );
  return JSON.parse(await text(client.stdout)) as string[];
}

/** A site with the certificate of that name, which it also answers. */
export async function serveTls(certificates: string, name: string): Promise<string> {
  const key = readFileSync(join(certificates, 'site.key'));
  const cert = readFileSync(join(certificates, `${name}.pem`));
  const server = createServer({ key, cert }, (_, response) => response.end(name));
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `https://localhost:${(server.address() as AddressInfo).port}/`;
}

/** One key with four certificates, three of them by an authority of the test's own. */
export function makeCertificates(): string {
  const cwd = mkdtempSync(join(tmpdir(), 'comic-queue-tls-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const openssl = (command: string): void => {
    execFileSync('openssl', command.split(' '), { cwd, stdio: 'ignore' });
  };
  const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';
  const site = '-key site.key -subj /CN=site -addext subjectAltName=DNS:';
  const byAuthority = '-CA ca.pem -CAkey ca.key -copy_extensions copy';
  openssl(`req -x509 ${newKey} -keyout ca.key -out ca.pem -days 2 -subj /CN=test-authority`);
  openssl(`req -x509 ${newKey} -keyout site.key -out self-signed.pem -days 2 -subj /CN=localhost`);
  openssl(`req -new ${site}localhost -out site.csr`);
  openssl(`req -new ${site}other.example -out other.csr`);
  openssl(`x509 -req -in site.csr ${byAuthority} -days 2 -out good.pem`);
  openssl(`x509 -req -in site.csr ${byAuthority} -days -1 -out expired.pem`);
  openssl(`x509 -req -in other.csr ${byAuthority} -days 2 -out other-host.pem`);
  return cwd;
}
