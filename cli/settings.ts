/**
 * Every setting as data: its sources, its default, its purpose. The configuration, the help and
 * docs/configuration.md derive from this table. It is separate from the schema in `configuration.ts`
 * so that `--help` does not load a validator.
 */

export interface Setting {
  /** The environment variable, also read from `.env`. */
  readonly variable: string;
  /** The flag that takes precedence, on the commands that have it. */
  readonly flag?: string;
  /** The default, as it would be typed. */
  readonly fallback?: string;
  /** The default in words, where it is not one value. */
  readonly otherwise?: string;
  readonly summary: string;
  /** Never printed. */
  readonly secret?: true;
}

export const SETTINGS = {
  redisUrl: {
    variable: 'REDIS_URL',
    otherwise: 'an embedded Redis in the data directory',
    summary: 'Redis to use: redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://',
    secret: true,
  },
  redisPassword: {
    variable: 'REDIS_PASSWORD',
    otherwise: 'the one in `REDIS_URL`',
    summary: 'password for `REDIS_URL`, where that holds none',
    secret: true,
  },
  redisPasswordFile: {
    variable: 'REDIS_PASSWORD_FILE',
    otherwise: 'none',
    summary: 'file whose first line is that password',
  },
  sentinelUsername: {
    variable: 'REDIS_SENTINEL_USERNAME',
    otherwise: 'none',
    summary: 'user of the sentinels',
  },
  sentinelPassword: {
    variable: 'REDIS_SENTINEL_PASSWORD',
    otherwise: 'none',
    summary: 'password of the sentinels; that of `REDIS_URL` is for the servers they name',
    secret: true,
  },
  redisCa: {
    variable: 'COMIC_QUEUE_REDIS_CA',
    otherwise: 'those of the system',
    summary: 'PEM file of the authority that signed the certificate of a `rediss://` server',
  },
  redisCert: {
    variable: 'COMIC_QUEUE_REDIS_CERT',
    otherwise: 'none',
    summary: 'PEM file of the certificate that this client shows a `rediss://` server',
  },
  redisKey: {
    variable: 'COMIC_QUEUE_REDIS_KEY',
    otherwise: 'none',
    summary: 'PEM file of the key of that certificate',
  },
  dataDir: {
    variable: 'COMIC_QUEUE_DATA',
    flag: '--data',
    fallback: './data',
    summary: 'directory of the embedded Redis and the results',
  },
  outDir: {
    variable: 'COMIC_QUEUE_OUT',
    flag: '--out',
    otherwise: 'the data directory',
    summary: 'directory of the results, or s3://bucket/prefix',
  },
  logLevel: {
    variable: 'COMIC_QUEUE_LOG',
    fallback: 'info',
    summary: 'what is logged: silent, error, warn, info or debug',
  },
  logFormat: {
    variable: 'COMIC_QUEUE_LOG_FORMAT',
    flag: '--log-format',
    otherwise: 'text on a terminal, json elsewhere',
    summary: 'how lines of the log are written: text or json',
  },
  otlpEndpoint: {
    variable: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    otherwise: 'none: nothing is traced',
    summary: 'where traces of the jobs go, by OTLP over HTTP: http://127.0.0.1:4318',
  },
  contact: {
    variable: 'COMIC_QUEUE_CONTACT',
    otherwise: 'none',
    summary: 'your e-mail address or URL, sent to the sites in the User-Agent',
  },
  concurrency: {
    variable: 'COMIC_QUEUE_CONCURRENCY',
    flag: '--concurrency',
    otherwise: "each kind's own",
    summary:
      'jobs at once per queue and process: 50 (pictures and searches keep theirs), comics=50,searches=2 or auto',
  },
  rates: {
    variable: 'COMIC_QUEUE_RATE',
    flag: '--rate',
    otherwise: 'what `rate` has set for all workers',
    summary: 'how often this worker may ask a site at most: 10/s or comics=10/s,searches=6/m',
  },
  concurrencyMax: {
    variable: 'COMIC_QUEUE_MAX_CONCURRENCY',
    flag: '--max-concurrency',
    fallback: '200',
    summary: 'most jobs at once that auto may reach',
  },
  processes: {
    variable: 'COMIC_QUEUE_PROCESSES',
    flag: '--processes',
    fallback: '1',
    summary: 'worker processes under one supervisor',
  },
  kinds: {
    variable: 'COMIC_QUEUE_KINDS',
    flag: '--kinds',
    otherwise: 'all of them',
    summary: 'kinds to work, by their plurals: comics,searches',
  },
  durability: {
    variable: 'COMIC_QUEUE_DURABILITY',
    flag: '--durability',
    fallback: 'full',
    summary: 'full: a finished result survives a power cut; rename: faster, it survives a crash',
  },
  giveUpAfterMs: {
    variable: 'COMIC_QUEUE_GIVE_UP_AFTER',
    flag: '--give-up-after',
    fallback: '24h',
    summary: 'how long a site may refuse, or not answer, before its jobs end as unavailable',
  },
  lockMs: {
    variable: 'COMIC_QUEUE_LOCK_MS',
    fallback: '10000',
    summary: 'how long a worker may be silent before its jobs are given to another',
  },
  blockPauseMs: {
    variable: 'COMIC_QUEUE_BLOCK_PAUSE_MS',
    fallback: '900000',
    summary: 'first pause after a block page that names no time; each further one is twice as long',
  },
  fetchDeadlineMs: {
    variable: 'COMIC_QUEUE_FETCH_DEADLINE_MS',
    fallback: '30000',
    summary: 'time limit for a whole response',
  },
  bodyBytesMax: {
    variable: 'COMIC_QUEUE_BODY_BYTES_MAX',
    otherwise: '1048576; for pictures 8388608',
    summary: 'largest response body, after decompression',
  },
  shutdownGraceMs: {
    variable: 'COMIC_QUEUE_SHUTDOWN_GRACE_MS',
    fallback: '25000',
    summary: 'how long a stopping worker waits for the jobs in flight',
  },
  host: {
    variable: 'COMIC_QUEUE_HOST',
    flag: '--host',
    fallback: '127.0.0.1',
    summary: 'address the dashboard listens on; any but loopback requires a password',
  },
  port: {
    variable: 'PORT',
    flag: '--port',
    fallback: '3000',
    summary: 'port the dashboard listens on; 0 picks a free one',
  },
  password: {
    variable: 'COMIC_QUEUE_PASSWORD',
    otherwise: 'none: loopback only',
    summary: "the dashboard's password",
    secret: true,
  },
  passwordFile: {
    variable: 'COMIC_QUEUE_PASSWORD_FILE',
    flag: '--password-file',
    otherwise: 'none',
    summary: 'file whose first line is the password',
  },
  allowedHosts: {
    variable: 'COMIC_QUEUE_ALLOW_HOST',
    flag: '--allow-host',
    otherwise: 'loopback names and the address it listens on',
    summary: 'host names that the dashboard answers to, separated by commas; ports do not matter',
  },
  writable: {
    variable: 'COMIC_QUEUE_WRITABLE',
    flag: '--writable',
    fallback: 'no',
    summary: 'whether the dashboard may cancel, retry, pause and set rates: yes or no',
  },
  basePath: {
    variable: 'COMIC_QUEUE_BASE_PATH',
    flag: '--base-path',
    fallback: '/',
    summary: 'path that the dashboard is served under, which a proxy before it must keep: /queue',
  },
  trustedProxies: {
    variable: 'COMIC_QUEUE_TRUST_PROXY',
    flag: '--trust-proxy',
    otherwise: 'none',
    summary:
      'proxies whose X-Forwarded-For says who asks, separated by commas: addresses, subnets or loopback',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;

/** Variables that only the embedded Redis reads, and only from the environment. */
export const EMBEDDED_REDIS_VARIABLES = {
  COMIC_QUEUE_REDIS_SERVER: {
    summary: 'the redis-server or valkey-server that the embedded Redis runs',
    otherwise: 'the one on `PATH`, else one that is installed or built',
  },
  COMIC_QUEUE_EMBEDDED_IDLE_MS: {
    summary: 'how long the embedded Redis stays after the last command',
    otherwise: '10000',
  },
} as const;

/** The setting of a name, typed with the fields that only some have. */
export function settingOf(name: SettingName): Setting {
  return SETTINGS[name];
}

/** The names of all settings, in the order of the table. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.keys forgets the keys of a constant
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];
