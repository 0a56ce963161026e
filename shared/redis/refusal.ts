/** Why a Redis that is there is of no use: what it refuses, what TLS refuses, and what to do about each. */

import { errorCode, errorText } from '../base/errors.js';

export interface Refusal {
  /** What Redis does or is, after its name: `is full`. */
  readonly fact: string;
  /** What to do: `give it more memory`. */
  readonly remedy: string;
}

/** Replies of a server that takes no commands of ours, by how they begin. */
const REPLIES: readonly (Refusal & { readonly reply: RegExp })[] = [
  {
    reply: /^OOM /,
    fact: 'is full',
    remedy: 'give it more memory (maxmemory): until then neither producers nor workers get on',
  },
  {
    reply: /^MISCONF /,
    fact: 'cannot write to its disk',
    remedy: 'free some space there; its log says more',
  },
  {
    reply: /^READONLY /,
    fact: 'is a read-only replica',
    remedy: 'name the primary in REDIS_URL, or its sentinels',
  },
  {
    reply: /^NOAUTH /,
    fact: 'asks for a password',
    remedy: 'set REDIS_PASSWORD or REDIS_PASSWORD_FILE',
  },
  {
    reply: /^WRONGPASS /,
    fact: 'refuses the user or the password',
    remedy: 'correct REDIS_URL or REDIS_PASSWORD',
  },
  {
    reply: /^NOPERM /,
    fact: 'does not permit its user this command',
    remedy: 'give it the right, or name another user in REDIS_URL',
  },
  {
    reply: /^ERR max number of clients/,
    fact: 'has as many clients as it takes',
    remedy: 'raise maxclients, or try again in a moment',
  },
  {
    reply: /^DENIED /,
    fact: 'takes no connections from other machines (protected mode)',
    remedy: 'give it a password there, and set REDIS_PASSWORD here',
  },
  {
    reply: /^LOADING\b/,
    fact: 'is still loading its data',
    remedy: 'try again in a moment',
  },
  {
    reply: /^BUSY /,
    fact: 'is busy with a script that does not end',
    remedy: 'wait for it, or end it with redis-cli SCRIPT KILL',
  },
  {
    reply: /^MASTERDOWN /,
    fact: 'is a replica that has lost its primary',
    remedy: 'name the primary in REDIS_URL, or its sentinels',
  },
  {
    reply: /^CLUSTERDOWN /,
    fact: 'is a cluster that does not serve all of its slots',
    remedy: 'start the nodes that are missing; redis-cli CLUSTER INFO says more',
  },
  {
    reply: /^NOREPLICAS /,
    fact: 'takes nothing while it has too few replicas (min-replicas-to-write)',
    remedy: 'start its replicas',
  },
  {
    reply: /^(MOVED|ASK) /,
    fact: 'is a node of a cluster',
    remedy: 'begin REDIS_URL with redis+cluster://',
  },
  {
    reply: /^ERR This instance has cluster support disabled/,
    fact: 'is no cluster',
    remedy: 'begin REDIS_URL with redis://',
  },
  {
    reply: /^ERR unknown (sub)?command/,
    fact: 'does not know a command that is needed',
    remedy: 'take a Redis of 6.2 or newer that has none of its commands renamed',
  },
];

/** How our own side refuses a server, by code or message: OpenSSL, Node, and the client of Redis. */
const REFUSED_BY_US: typeof REPLIES = [
  {
    reply: /Unknown RESP type/,
    fact: 'answers, but not as Redis does',
    remedy: 'correct the host and the port in REDIS_URL',
  },
  {
    reply: /SELF_SIGNED|UNABLE_TO_|self-signed certificate|unable to (get|verify)/,
    fact: 'has a certificate of an authority that is not known here',
    remedy: 'name the file of that authority in COMIC_QUEUE_REDIS_CA, or in NODE_EXTRA_CA_CERTS',
  },
  {
    reply: /CERT_HAS_EXPIRED|certificate has expired/,
    fact: 'has a certificate that has expired',
    remedy: 'renew it there, or correct the clock of this machine',
  },
  {
    reply: /CERT_NOT_YET_VALID|certificate is not yet valid/,
    fact: 'has a certificate that is not valid yet',
    remedy: 'correct the clock of this machine',
  },
  {
    reply: /ALTNAME_INVALID|does not match certificate/,
    fact: 'has a certificate of another name',
    remedy: 'name it in REDIS_URL as its certificate does',
  },
  {
    reply: /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|wrong version number|packet length too/,
    fact: 'does not speak TLS',
    remedy: 'begin REDIS_URL with redis instead of rediss',
  },
  {
    reply: /CERTIFICATE_REQUIRED|ALERT_HANDSHAKE_FAILURE|alert (certificate required|handshake)/,
    fact: 'asks for a certificate of ours',
    remedy: 'set COMIC_QUEUE_REDIS_CERT and COMIC_QUEUE_REDIS_KEY',
  },
  {
    reply: /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE)|alert (unknown ca|bad certificate)/,
    fact: 'does not accept our certificate',
    remedy: 'set COMIC_QUEUE_REDIS_CERT to one that its authority has signed',
  },
];

/** Sentinels have a password of their own. */
const SENTINEL_LOGIN: Refusal = {
  fact: 'has sentinels that refuse the password',
  remedy: 'set REDIS_SENTINEL_PASSWORD, and REDIS_SENTINEL_USERNAME where they know users',
};

/** Why Redis refuses a command; undefined for an error that is no such reply. */
export function refusalOf(error: unknown): Refusal | undefined {
  const text = errorText(causeOf(error));
  return REPLIES.find(({ reply }) => reply.test(text));
}

/** Why Redis refuses a connection; undefined where it cannot be reached. */
export function connectionRefusalOf(error: unknown): Refusal | undefined {
  const cause = causeOf(error);
  const [, ofSentinel] =
    /^All sentinels are unreachable.* Last error: (.*)/.exec(errorText(cause)) ?? [];
  const text = ofSentinel ?? errorText(cause);
  if (ofSentinel !== undefined && /^(NOAUTH|WRONGPASS) /.test(text)) return SENTINEL_LOGIN;
  const reply = REPLIES.find((one) => one.reply.test(text));
  return reply ?? REFUSED_BY_US.find((one) => one.reply.test(`${errorCode(cause) ?? ''} ${text}`));
}

/** A refusal as a sentence that begins with Redis; any other error as it is. */
export function redisErrorText(error: unknown): string {
  const refusal = refusalOf(error);
  return refusal === undefined ? errorText(error) : refusalText(refusal);
}

/** `Redis is full: give it more memory`. */
export function refusalText({ fact, remedy }: Refusal): string {
  return `Redis ${fact}: ${remedy}`;
}

interface Wrapping extends Error {
  /** Of a transaction that Redis discarded: the refusals of the commands in it. */
  readonly previousErrors?: readonly Error[];
  /** Of a cluster of which no node answered. */
  readonly lastNodeError?: Error;
}

function causeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { previousErrors, lastNodeError }: Wrapping = error;
  return previousErrors?.[0] ?? lastNodeError ?? error;
}
