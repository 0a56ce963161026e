import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../../support/condition.js';
import { PROJECT_ROOT } from '../../support/project-root.js';
import {
  type CommandOptions,
  controlSocket,
  daemons,
  type EmbeddedCommand,
  only,
  removeDataDir,
  servers,
  startCommand,
  withRedis,
} from './embedded-command.js';

/** Entering a namespace needs a right that root in a container may lack. */
const mayUnshare = await promisify(execFile)('unshare', [
  '--mount',
  '--pid',
  '--fork',
  'true',
]).then(
  () => true,
  () => false,
);

describe.skipIf(!mayUnshare)(
  'commands on one data directory share a server (needs unshare)',
  () => {
    let place: string;
    let dataDir: string;
    let outside: EmbeddedCommand;
    let server: number;

    beforeEach(async () => {
      // Not under /tmp, which a service may have for itself.
      place = await mkdtemp('/var/tmp/embedded-');
      dataDir = join(place, 'data');
      await mkdir(join(place, 'project'));
      outside = await startCommand(dataDir);
      await withRedis(outside.socketPath, (redis) => redis.set('number', '614'));
      server = only(await servers(dataDir));
    });

    afterEach(async () => {
      await outside.end();
      await removeDataDir(dataDir);
      await rm(place, { recursive: true, force: true });
    });

    /** Runs a command in namespaces of its own, after `script`; the project is mounted beside the data. */
    const within = (script: string, ...namespaces: string[]): CommandOptions => {
      const root = join(place, 'project');
      const enter = `mount --bind ${PROJECT_ROOT} ${root} && ${script} && exec "$@"`;
      return {
        root,
        within: ['unshare', '--mount', ...namespaces, 'sh', '-c', enter, 'sh'],
      };
    };

    /** What the command outside still has. */
    const found = async (): Promise<{ pids: number[]; number: string | null }> => ({
      pids: await servers(dataDir),
      number: await withRedis(outside.socketPath, (redis) => redis.get('number')),
    });

    test('with a /tmp of its own, as a service has it', async () => {
      const daemon = await daemons(dataDir);

      const inside = await startCommand(dataDir, within('mount -t tmpfs tmpfs /tmp'));

      expect(await found()).toEqual({ pids: [server], number: '614' });
      expect(await daemons(dataDir)).toEqual(daemon);
      await inside.end();
    });

    test('under another path, as a volume is mounted', async () => {
      const volume = join(place, 'volume');
      await mkdir(volume);

      const inside = await startCommand(volume, within(`mount --bind ${dataDir} ${volume}`));

      expect(await found()).toEqual({ pids: [server], number: '614' });
      await inside.end();
    });

    test('with processes, network and host name of its own, as a container has them', async () => {
      const script = 'mount -t proc proc /proc && hostname container';
      const namespaces = ['--net', '--uts', '--pid', '--fork'];

      const inside = await startCommand(dataDir, within(script, ...namespaces));

      expect(await found()).toEqual({ pids: [server], number: '614' });
      await inside.end();
    });

    test('in a container, when the daemon outside was killed', async () => {
      const control = await controlSocket(dataDir);
      process.kill(outside.pid, 'SIGSTOP');
      process.kill(only(await daemons(dataDir)), 'SIGKILL');
      const script = 'mount -t proc proc /proc && hostname container';

      const inside = await startCommand(dataDir, within(script, '--uts', '--pid', '--fork'));

      process.kill(outside.pid, 'SIGCONT');
      expect(await found()).toEqual({ pids: [server], number: '614' });
      expect(await controlSocket(dataDir)).not.toBe(control);
      // The container's daemon dies with its first process; the command outside starts another.
      const inContainer = await controlSocket(dataDir);
      await inside.end();
      await until('a daemon outside', async () => (await controlSocket(dataDir)) !== inContainer);
      expect(await found()).toEqual({ pids: [server], number: '614' });
    });
  },
);
