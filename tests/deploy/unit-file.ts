/** The units of deploy/systemd as data. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { PROJECT_ROOT } from '../support/project-root.js';
import type { CommandLine } from './local-deployment.js';

export const UNIT_NAMES = ['comic-queue-worker', 'comic-queue-dashboard'] as const;
export type UnitName = (typeof UNIT_NAMES)[number];

/** The values of each directive of a unit, in their order. */
export type Unit = ReadonlyMap<string, readonly string[]>;

/** The file of a unit. */
export function unitPath(name: UnitName): string {
  return join(PROJECT_ROOT, 'deploy/systemd', `${name}.service`);
}

/** Reads the directives of a unit. */
export async function readUnit(name: UnitName): Promise<Unit> {
  const text = await readFile(unitPath(name), 'utf8');
  const unit = new Map<string, string[]>();
  for (const [, directive = '', value = ''] of text.matchAll(/^([A-Za-z]+)=(.*)$/gm)) {
    unit.set(directive, [...(unit.get(directive) ?? []), value]);
  }
  return unit;
}

/** What a unit starts, with the variables of its file and of the environment file beside it. */
export async function unitCommand(name: UnitName): Promise<CommandLine> {
  const unit = await readUnit(name);
  const file = await readFile(join(PROJECT_ROOT, 'deploy/systemd/comic-queue.env'), 'utf8');
  const own = parseEnv((unit.get('Environment') ?? []).join('\n'));
  return {
    words: (unit.get('ExecStart')?.[0] ?? '').split(' '),
    environment: variables({ ...own, ...parseEnv(file) }),
  };
}

function variables(parsed: NodeJS.Dict<string>): Record<string, string> {
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, value ?? '']));
}
