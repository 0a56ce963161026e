import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ports that Linux gives out by itself (from 32768): one of those may be given to another
 * socket before the server that it is meant for has it. Each process of tests begins at another one.
 */
const PORTS = { first: 20_000, last: 31_999, ofProcess: 100 } as const;

let next = PORTS.first + ((process.pid * PORTS.ofProcess) % (PORTS.last - PORTS.first));

/** A port on which nothing listens, and that this process has not given out before. */
export async function freePort(): Promise<number> {
  for (let left = PORTS.last - PORTS.first; left > 0; left -= 1) {
    const port = next;
    next = port === PORTS.last ? PORTS.first : port + 1;
    if (await isFree(port)) return port;
  }
  throw new Error(`No port is free from ${PORTS.first} to ${PORTS.last}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  await new Promise((resolve) => server.close(resolve));
  return true;
}
