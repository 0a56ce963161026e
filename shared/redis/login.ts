/** Passwords and certificates for Redis that need not stand in a URL. */

import { CommandError, errorText, EXIT } from '../base/errors.js';
import { readTextFile } from '../base/text-file.js';
import type { Certificates, RedisLogin } from './address.js';

/** As the settings say it. */
export interface LoginSettings {
  readonly redisPassword?: string | undefined;
  /** File whose first line is the password; goes before `redisPassword`. */
  readonly redisPasswordFile?: string | undefined;
  readonly sentinelUsername?: string | undefined;
  readonly sentinelPassword?: string | undefined;
  /** Files, as PEM. */
  readonly redisCa?: string | undefined;
  readonly redisCert?: string | undefined;
  readonly redisKey?: string | undefined;
}

/**
 * Reads the files that the settings name.
 *
 * @throws CommandError (bad configuration) that names the variable of a file that cannot be read.
 */
export async function readRedisLogin(settings: LoginSettings): Promise<RedisLogin> {
  const { sentinelUsername, sentinelPassword } = settings;
  const password = (await passwordIn(settings.redisPasswordFile)) ?? settings.redisPassword;
  const certificates = await readCertificates(settings);
  return {
    ...(password === undefined ? {} : { password }),
    ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    ...(Object.keys(certificates).length === 0 ? {} : { certificates }),
  };
}

async function passwordIn(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const [line = ''] = (await read('REDIS_PASSWORD_FILE', path)).split(/\r?\n/);
  if (line !== '') return line;
  throw new CommandError(
    EXIT.badConfig,
    `Cannot use REDIS_PASSWORD_FILE: ${path} is empty; its first line must be the password`,
  );
}

async function readCertificates(settings: LoginSettings): Promise<Certificates> {
  const { redisCa, redisCert, redisKey } = settings;
  if ((redisCert === undefined) !== (redisKey === undefined)) {
    throw new CommandError(
      EXIT.badConfig,
      'COMIC_QUEUE_REDIS_CERT and COMIC_QUEUE_REDIS_KEY go together: set both or none',
    );
  }
  return {
    ...(redisCa === undefined ? {} : { ca: await read('COMIC_QUEUE_REDIS_CA', redisCa) }),
    ...(redisCert === undefined ? {} : { cert: await read('COMIC_QUEUE_REDIS_CERT', redisCert) }),
    ...(redisKey === undefined ? {} : { key: await read('COMIC_QUEUE_REDIS_KEY', redisKey) }),
  };
}

/** Without a byte order mark, which editors on Windows put first. */
async function read(variable: string, path: string): Promise<string> {
  try {
    return await readTextFile(path);
  } catch (cause) {
    throw new CommandError(EXIT.badConfig, `Cannot read ${variable}: ${errorText(cause)}`, {
      cause,
    });
  }
}
