import { expect, test } from 'vitest';
import {
  connectionRefusalOf,
  redisErrorText,
  refusalOf,
  refusalText,
} from '../../../shared/redis/refusal.js';

/** Replies as Redis 7 words them. */
test.each([
  [
    "OOM command not allowed when used memory > 'maxmemory'.",
    'is full: give it more memory (maxmemory): until then neither producers nor workers get on',
  ],
  [
    'MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist on disk.',
    'cannot write to its disk: free some space there; its log says more',
  ],
  [
    "READONLY You can't write against a read only replica.",
    'is a read-only replica: name the primary in REDIS_URL, or its sentinels',
  ],
  [
    "NOPERM User anna has no permissions to run the 'set' command",
    'does not permit its user this command: give it the right, or name another user in REDIS_URL',
  ],
  [
    'CLUSTERDOWN Hash slot not served',
    'is a cluster that does not serve all of its slots: start the nodes that are missing; redis-cli CLUSTER INFO says more',
  ],
  [
    'NOREPLICAS Not enough good replicas to write.',
    'takes nothing while it has too few replicas (min-replicas-to-write): start its replicas',
  ],
  [
    'DENIED Redis is running in protected mode because protected mode is enabled',
    'takes no connections from other machines (protected mode): give it a password there, and set REDIS_PASSWORD here',
  ],
  ['MOVED 6996 10.0.0.7:7001', 'is a node of a cluster: begin REDIS_URL with redis+cluster://'],
  [
    'ERR This instance has cluster support disabled',
    'is no cluster: begin REDIS_URL with redis://',
  ],
  [
    "ERR unknown command 'hgetall', with args beginning with: '{comic-queue}:run:1' ",
    'does not know a command that is needed: take a Redis of 6.2 or newer that has none of its commands renamed',
  ],
])('%s is told as a sentence of its own, with what to do', (reply, said) => {
  expect(redisErrorText(new Error(reply))).toBe(`Redis ${said}`);
});

test('a discarded transaction is told as the refusal of its first command', () => {
  const discarded = new Error('EXECABORT Transaction discarded because of previous errors.');
  const refused = new Error('READONLY nothing is written here');

  expect(refusalOf(Object.assign(discarded, { previousErrors: [refused] }))?.fact).toBe(
    'is a read-only replica',
  );
});

test.each([
  ['CERT_HAS_EXPIRED', 'certificate has expired', 'has a certificate that has expired'],
  ['', 'certificate is not yet valid', 'has a certificate that is not valid yet'],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    "Hostname/IP does not match certificate's altnames",
    'has a certificate of another name',
  ],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'tlsv1 alert unknown ca', 'does not accept our certificate'],
])('TLS that ends with %s (%s) is told', (code, message, fact) => {
  const error = Object.assign(new Error(message), { code });

  expect(connectionRefusalOf(error)?.fact).toBe(fact);
  expect(refusalOf(error)).toBeUndefined();
});

test('what sentinels and the nodes of a cluster say last is what counts', () => {
  const sentinels = (said: string): Error =>
    new Error(
      `All sentinels are unreachable. Retrying from scratch after 10ms. Last error: ${said}`,
    );
  const nodes = Object.assign(new Error('Failed to refresh slots cache.'), {
    lastNodeError: new Error('NOAUTH Authentication required.'),
  });

  expect(connectionRefusalOf(sentinels('NOAUTH Authentication required.'))?.remedy).toContain(
    'REDIS_SENTINEL_PASSWORD',
  );
  expect(connectionRefusalOf(sentinels('self-signed certificate'))?.remedy).toContain(
    'COMIC_QUEUE_REDIS_CA',
  );
  expect(connectionRefusalOf(nodes)).toMatchObject({ fact: 'asks for a password' });
});

test('an error that is no refusal stays as it is', () => {
  const error = new Error('connect ECONNREFUSED 127.0.0.1:6379');

  expect([refusalOf(error), connectionRefusalOf(error), refusalOf('OOPS')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(redisErrorText(error)).toBe(error.message);
  expect(refusalText({ fact: 'is full', remedy: 'empty it' })).toBe('Redis is full: empty it');
});
