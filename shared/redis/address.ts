/** Where Redis is: the forms of REDIS_URL, read once. */

import { CommandError, EXIT } from '../base/errors.js';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

interface Credentials {
  readonly username?: string;
  readonly password?: string;
  readonly tls: boolean;
  /** For TLS; what the system trusts is enough where the server's certificate is a public one. */
  readonly certificates?: Certificates;
}

/** As PEM. */
export interface Certificates {
  /** The authority that signed the server's certificate. */
  readonly ca?: string;
  /** The client's own certificate and its key. */
  readonly cert?: string;
  readonly key?: string;
}

/** A Redis as one URL names it. */
export type RedisAddress = Credentials &
  (
    | ({ readonly type: 'single'; readonly db: number } & HostPort)
    | { readonly type: 'socket'; readonly path: string; readonly db: number }
    | {
        readonly type: 'sentinel';
        readonly sentinels: readonly HostPort[];
        readonly master: string;
        readonly db: number;
        readonly sentinelUsername?: string;
        readonly sentinelPassword?: string;
      }
    | { readonly type: 'cluster'; readonly nodes: readonly HostPort[] }
  );

/** What settings of their own say, so that it need not stand in a URL. */
export interface RedisLogin {
  readonly password?: string;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  readonly certificates?: Certificates;
}

const FORMS =
  'redis://host:6379/0, rediss://…, unix:///path/to/redis.sock?db=0, ' +
  'redis+sentinel://host:26379,host2:26379/master-name or redis+cluster://host:7000,host2:7001';

const SOCKET_FORM = /^unix:\/\/(?:([^@/]*)@)?(\/[^?#]+)(?:\?db=([^&#]*))?$/;
const FORM =
  /^(redis|rediss|(?:redis|rediss)\+(?:sentinel|cluster)):\/\/(?:([^@/]*)@)?([^@/?#]+)(?:\/([^?#]*))?$/;

/**
 * Reads a Redis URL. `rediss` asks for TLS in every form; a password in the URL goes before one in
 * `login`.
 *
 * @throws CommandError (bad configuration) that never repeats the URL's password.
 */
export function parseRedisAddress(url: string, login: RedisLogin = {}): RedisAddress {
  const address = url.startsWith('unix:') ? parseSocket(url) : parseHosts(url);
  const { password, certificates } = login;
  return {
    ...(password === undefined ? {} : { password }),
    ...(address.tls && certificates !== undefined ? { certificates } : {}),
    ...(address.type === 'sentinel' ? sentinelLogin(login) : {}),
    ...address,
  };
}

function sentinelLogin({ sentinelUsername, sentinelPassword }: RedisLogin): RedisLogin {
  return {
    ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
  };
}

function parseSocket(url: string): RedisAddress {
  const match = SOCKET_FORM.exec(url);
  if (match === null) throw refuse('it is none of the known forms');
  const [, userInfo, path = '', db = ''] = match;
  return {
    type: 'socket',
    path: decode(path, 'path'),
    db: readDb(db),
    ...readCredentials(userInfo, false),
  };
}

function parseHosts(url: string): RedisAddress {
  const match = FORM.exec(url);
  if (match === null) throw refuse('it is none of the known forms');
  const [, scheme = '', userInfo, hosts = '', path = ''] = match;
  const credentials = readCredentials(userInfo, scheme.startsWith('rediss'));
  if (scheme.endsWith('+sentinel')) {
    const [master = '', db = ''] = path.split('/');
    if (master === '') throw refuse('the sentinel form needs the name of the master');
    return {
      type: 'sentinel',
      sentinels: readHosts(hosts, 26_379),
      master,
      db: readDb(db),
      ...credentials,
    };
  }
  if (scheme.endsWith('+cluster')) {
    if (readDb(path) !== 0) throw refuse('a cluster has no database but 0');
    return { type: 'cluster', nodes: readHosts(hosts, 6379), ...credentials };
  }
  const [first, ...others] = readHosts(hosts, 6379);
  if (first === undefined || others.length > 0) throw refuse('it names more than one host');
  return { type: 'single', ...first, db: readDb(path), ...credentials };
}

/** An address fit to be shown: without credentials. The only way in which an address is shown. */
export function describeAddress(address: RedisAddress): string {
  switch (address.type) {
    case 'socket':
      return address.path;
    case 'single':
      return `${address.host}:${address.port}`;
    case 'sentinel':
      return `master ${address.master} by ${hostList(address.sentinels)}`;
    case 'cluster':
      return `cluster ${hostList(address.nodes)}`;
  }
}

function hostList(hosts: readonly HostPort[]): string {
  return hosts.map(({ host, port }) => `${host}:${port}`).join(',');
}

function readCredentials(userInfo: string | undefined, tls: boolean): Credentials {
  if (userInfo === undefined || userInfo === '') return { tls };
  const [username = '', ...rest] = userInfo.split(':');
  const password = rest.join(':');
  return {
    tls,
    ...(username === '' ? {} : { username: decode(username, 'user name') }),
    ...(password === '' ? {} : { password: decode(password, 'password') }),
  };
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refuse(`its ${part} is not percent-encoded correctly`);
  }
}

function readHosts(text: string, defaultPort: number): HostPort[] {
  return text.split(',').map((item) => {
    const match = /^(\[[0-9a-fA-F:.]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(item);
    const port = Number(match?.[2] ?? defaultPort);
    if (match?.[1] === undefined || port < 1 || port > 65_535) {
      throw refuse('a host and port in it cannot be read');
    }
    return { host: match[1].replaceAll(/[[\]]/g, ''), port };
  });
}

function readDb(text: string): number {
  if (text === '') return 0;
  if (!/^\d{1,4}$/.test(text)) throw refuse('its database is not a number');
  return Number(text);
}

function refuse(fact: string): CommandError {
  return new CommandError(EXIT.badConfig, `Cannot read REDIS_URL: ${fact}. Known forms: ${FORMS}`);
}
