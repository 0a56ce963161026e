/** The units of deploy/systemd: by systemd's own checks, and by what their command lines do here. */

import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { knownVariables } from '../../cli/configuration.js';
import { SETTINGS } from '../../cli/settings.js';
import { EXIT } from '../../shared/base/errors.js';
import { until } from '../support/condition.js';
import { composeCommands } from './compose-file.js';
import { LocalDeployment } from './local-deployment.js';
import { readUnit, UNIT_NAMES, unitCommand, type UnitName, unitPath } from './unit-file.js';

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
const maySeeCalls = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;

/** Of ten: what `systemd-analyze security` calls "OK" ends at 5, this is well below. */
const EXPOSURE_MAX = 3;

/** Several processes start, some of them traced: slow where the machine is busy. */
const SLOW = { timeout: 120_000 };

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'comic-queue-units-'));
  await writeFile(join(folder, 'comic-queue'), '#!/bin/sh\n');
  await chmod(join(folder, 'comic-queue'), 0o755);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe.skipIf(!hasSystemd)('the units of systemd (needs systemd-analyze)', () => {
  test.each(UNIT_NAMES)('%s.service has no mistake', async (name) => {
    const said = verify(await copyOf(name, (text) => text));

    expect(said).toBe('');
  });

  test('a directive that systemd does not know would be found', async () => {
    const file = await copyOf('comic-queue-worker', (text) =>
      text.replace('ProtectClock=', 'ProtectClocks='),
    );

    expect(verify(file)).toContain('ProtectClocks');
  });

  test.each(UNIT_NAMES)('%s.service is confined', async (name) => {
    const file = await copyOf(name, (text) => text);
    const options = ['security', '--offline=true', `--threshold=${EXPOSURE_MAX * 10}`];

    const { status, stdout } = spawnSync('systemd-analyze', [...options, file]);

    expect({ status, said: stdout.toString() }).toMatchObject({ status: 0 });
  });
});

test('a worker has more time to stop than it takes by itself', async () => {
  const unit = await readUnit('comic-queue-worker');
  const stopMs = Number.parseInt(unit.get('TimeoutStopSec')?.[0] ?? '', 10) * 1000;

  expect(stopMs).toBeGreaterThan(Number(SETTINGS.shutdownGraceMs.fallback) + 5000);
});

test.each(UNIT_NAMES)(
  '%s is not started again after wrong usage or configuration',
  async (name) => {
    const unit = await readUnit(name);

    expect(unit.get('RestartPreventExitStatus')).toEqual([`${EXIT.usage} ${EXIT.badConfig}`]);
  },
);

test('the environment file names settings that exist', async () => {
  const text = await readFile(join(unitPath('comic-queue-worker'), '../comic-queue.env'), 'utf8');
  const names = [...text.matchAll(/^#?([A-Z_]+)=/gm)].map(([, name = '']) => name);

  expect(names.length).toBeGreaterThan(1);
  expect(names.filter((name) => !knownVariables().includes(name))).toEqual([]);
});

describe('the command lines of the units', () => {
  let local: LocalDeployment;

  beforeAll(async () => {
    local = await LocalDeployment.open({
      ...(await composeCommands()),
      worker: await unitCommand('comic-queue-worker'),
      dashboard: await unitCommand('comic-queue-dashboard'),
    });
    local.start('redis');
    await local.untilHealthy('redis');
    local.start('origin');
    await local.untilHealthy('origin');
  });

  afterAll(async () => {
    await local.close();
  });

  test('work, show it, and end well when they are stopped', SLOW, async () => {
    local.start('dashboard');
    const traced = hasSystemd && maySeeCalls;
    const calls = join(folder, 'calls');
    const tracer = traced ? ['strace', '-D', '-f', '-qq', '-o', calls] : [];
    local.start('worker', local.siteVariables, tracer);

    const producer = await local.run('producer', local.siteVariables);
    await until('the board answers', () => answers(`${local.boardUrl}/readyz`));
    const ended = [await local.stop('worker'), await local.stop('dashboard')];

    expect(producer).toMatchObject({ code: 0 });
    expect(await local.kept('comics')).toHaveLength(200);
    expect(ended.map(({ code }) => code)).toEqual([0, 0]);
    expect(await local.strays()).toEqual([]);
    const forbidden = traced ? await forbiddenCalls('comic-queue-worker', calls) : [];
    expect(forbidden).toEqual([]);
  });
});

/** A copy of a unit whose program is there. */
async function copyOf(name: UnitName, change: (text: string) => string): Promise<string> {
  const text = await readFile(unitPath(name), 'utf8');
  const file = join(folder, `${name}.service`);
  await writeFile(file, change(text).replace('/usr/bin/comic-queue', join(folder, 'comic-queue')));
  return file;
}

/** It ends with 0 also where it has something to say. */
function verify(file: string): string {
  const { stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file]);
  return `${stdout.toString()}${stderr.toString()}`;
}

/** System calls in a trace that a unit's filter does not let through. */
async function forbiddenCalls(name: UnitName, trace: string): Promise<string[]> {
  const unit = await readUnit(name);
  const groups = callGroups();
  const allowed = new Set<string>();
  for (const filter of unit.get('SystemCallFilter') ?? []) {
    const calls = filter.replace('~', '').split(' ').flatMap(groups);
    for (const call of calls) {
      if (filter.startsWith('~')) allowed.delete(call);
      else allowed.add(call);
    }
  }
  const text = await readFile(trace, 'utf8');
  const made = [...text.matchAll(/^\d+ +([a-z]\w+)\(/gm)].map(([, call = '']) => call);
  expect(made.length).toBeGreaterThan(1000);
  return [...new Set(made)].filter((call) => !allowed.has(call));
}

/** Expands a name such as `@basic-io`, as systemd on this machine does. */
function callGroups(): (name: string) => string[] {
  const { stdout } = spawnSync('systemd-analyze', ['syscall-filter']);
  const groups = new Map<string, string[]>();
  let members: string[] = [];
  for (const line of stdout.toString().split('\n')) {
    if (line.startsWith('@')) groups.set(line.trim(), (members = []));
    else if (/^ +[@a-z]/.test(line)) members.push(line.trim());
  }
  const expand = (name: string): string[] =>
    name.startsWith('@') ? (groups.get(name) ?? []).flatMap(expand) : [name];
  return expand;
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}
