import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../../../shared/base/errors.js';
import { runInProcess, temporaryDirectory } from '../command-line.js';

interface Shown {
  readonly variable: string;
  readonly value: string | null;
  readonly source: string;
}

async function shown(options: Parameters<typeof runInProcess>[1], args = ['config', '--json']) {
  const { exitCode, stdout, stderr } = await runInProcess(args, options);
  const { settings }: { settings: Shown[] } = JSON.parse(stdout);
  const find = (variable: string) => {
    const setting = settings.find((one) => one.variable === variable);
    return `${setting?.value} (${setting?.source})`;
  };
  return { exitCode, stdout, stderr, find };
}

describe('config', () => {
  test('shows each value and where it came from', async () => {
    const cwd = await temporaryDirectory();
    await writeFile(join(cwd, '.env'), 'PORT=3001\nCOMIC_QUEUE_LOG=warn\n');
    const env = {
      PORT: '3002',
      COMIC_QUEUE_COMIC_URL: 'http://127.0.0.1:1/{id}',
      COMIC_QUEUE_EMBEDDED_IDLE_MS: '300',
    };

    const { exitCode, find } = await shown({ cwd, env }, ['config', '--json', '--data', 'here']);

    expect(exitCode).toBe(EXIT.ok);
    expect(find('COMIC_QUEUE_DATA')).toBe('here (flag)');
    expect(find('PORT')).toBe('3002 (environment)');
    expect(find('COMIC_QUEUE_LOG')).toBe('warn (.env)');
    expect(find('COMIC_QUEUE_DURABILITY')).toBe('full (default)');
    expect(find('COMIC_QUEUE_OUT')).toBe('the data directory (default)');
    expect(find('COMIC_QUEUE_COMIC_URL')).toBe('http://127.0.0.1:1/{id} (environment)');
    expect(find('COMIC_QUEUE_EMBEDDED_IDLE_MS')).toBe('300 (environment)');
  });

  test('shows no secret', async () => {
    const env = {
      REDIS_URL: 'redis://someone:planted-1@10.0.0.5:6380/2',
      REDIS_PASSWORD: 'planted-3',
      COMIC_QUEUE_PASSWORD: 'planted-4',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://someone:planted-5@traces.example/?key=planted-6',
    };

    const { stdout, find } = await shown({ env });

    expect(stdout).not.toMatch(/planted|someone/);
    expect(find('REDIS_URL')).toBe('10.0.0.5:6380 (environment)');
    expect(find('COMIC_QUEUE_PASSWORD')).toBe('(set, not shown) (environment)');
  });

  test('is a table for people', async () => {
    const { stdout } = await runInProcess(['config']);

    expect(stdout).toMatch(/^VARIABLE +FROM +VALUE\nREDIS_URL +default +an embedded Redis/);
  });
});

describe('the data directory', () => {
  test('may be named before the verb', async () => {
    const { find } = await shown({}, ['--data', 'there', '--json', 'config']);

    expect(find('COMIC_QUEUE_DATA')).toBe('there (flag)');
    const joined = await runInProcess(['--data=there', 'config']);
    expect(joined.stdout).toMatch(/COMIC_QUEUE_DATA +flag +there/);
  });

  test('is found from directories below, and said', async () => {
    const root = await temporaryDirectory();
    const cwd = join(root, 'a', 'b');
    await mkdir(cwd, { recursive: true });
    await mkdir(join(root, 'a', 'data'));
    await mkdir(join(root, 'data'));
    await writeFile(join(root, 'data', '.store-id'), 'x');

    const below = await shown({ cwd });
    const above = await shown({ cwd: root });
    await mkdir(join(cwd, 'data'));
    const own = await shown({ cwd });

    expect(below.find('COMIC_QUEUE_DATA')).toBe('../../data (found)');
    expect(below.stderr).toBe(
      'Using ../../data, as there is no ./data here (--data says otherwise).\n',
    );
    expect(above).toMatchObject({ stderr: '' });
    expect(above.find('COMIC_QUEUE_DATA')).toBe('./data (default)');
    expect(own).toMatchObject({ stderr: '' });
    expect(own.find('COMIC_QUEUE_DATA')).toBe('./data (default)');
  });
});
