/** Names to addresses, within a limit and without holding up other sites. */

import { lookup as systemLookup, TIMEOUT, type LookupAddress, type LookupOptions } from 'node:dns';
import { type LookupFunction } from 'node:net';

type Callback = Parameters<LookupFunction>[2];
type Answer = (error: NodeJS.ErrnoException | null, addresses?: LookupAddress[]) => void;
/** The form of `dns.lookup` that is used here. */
export type SystemLookup = (
  hostname: string,
  options: LookupOptions & { all: true },
  callback: Answer,
) => void;

/**
 * A `lookup` for sockets that gives up after `limitMs`. All who ask for one name at a time share
 * one question: the system's resolver occupies one of two threads, for 10 s without an answer
 * (measured), so that fifty questions for a dead name would stop every other site's. It stays the
 * system's resolver, because c-ares knows neither `/etc/hosts` nor search domains.
 */
export function createLookup(limitMs: number, ask: SystemLookup = systemLookup): LookupFunction {
  const waiting = new Map<string, Answer[]>();

  function join(hostname: string, options: LookupOptions, answer: Answer): void {
    const key = `${hostname} ${options.family ?? 0} ${options.hints ?? 0}`;
    const others = waiting.get(key);
    if (others !== undefined) {
      others.push(answer);
      return;
    }
    waiting.set(key, [answer]);
    ask(hostname, { ...options, all: true }, (error, addresses) => {
      const all = waiting.get(key) ?? [];
      waiting.delete(key);
      for (const one of all) one(error, addresses);
    });
  }

  return (hostname, options, callback) => {
    let isOpen = true;
    const settle: Answer = (error, addresses) => {
      if (!isOpen) return;
      isOpen = false;
      clearTimeout(timer);
      reply(callback, options, error, addresses);
    };
    const timer = setTimeout(() => settle(lookupTimeout(hostname, limitMs)), limitMs);
    join(hostname, options, settle);
  };
}

function reply(
  callback: Callback,
  options: LookupOptions,
  error: NodeJS.ErrnoException | null,
  addresses: LookupAddress[] = [],
): void {
  const first = addresses[0];
  if (error !== null) callback(error, []);
  else if (options.all === true) callback(null, addresses);
  else callback(null, first?.address ?? '', first?.family);
}

function lookupTimeout(hostname: string, limitMs: number): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(
    `No address for ${hostname} within ${limitMs} milliseconds`,
  );
  error.code = TIMEOUT;
  return error;
}
