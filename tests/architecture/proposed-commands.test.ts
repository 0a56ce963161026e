import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../cli/program.js';
import { PROJECT_ROOT } from '../support/project-root.js';

/** A command written out in a text: it would lack `--data`, and begin otherwise than the person did. */
const WRITTEN_OUT = new RegExp(`comic-queue (?:${COMMANDS.map(({ name }) => name).join('|')})\\b`);

/** Help shows what may be typed anywhere. */
const EXAMPLES = /withExamples|^\s*\['|^\s*\*|\/\*\*|^\s*\/\//;

test('messages propose commands by the one function that makes them', () => {
  const writtenOut = ['cli', 'producer', 'worker', 'dashboard', 'origin', 'shared'].flatMap(
    (folder) =>
      readdirSync(join(PROJECT_ROOT, folder), { encoding: 'utf8', recursive: true })
        .filter((name) => name.endsWith('.ts'))
        .flatMap((name) => readFileSync(join(PROJECT_ROOT, folder, name), 'utf8').split('\n'))
        .filter((line) => WRITTEN_OUT.test(line) && !EXAMPLES.test(line)),
  );

  expect(writtenOut).toEqual([]);
});
