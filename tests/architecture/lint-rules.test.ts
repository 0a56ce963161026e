/** Each rule of the project is broken once in a copy of the tree: a rule that objects to nothing holds nothing. */

import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { PROJECT_ROOT } from '../support/project-root.js';

const LINES_61 = `{\n${'  void 0;\n'.repeat(60)}}`;

interface Violation {
  readonly name: string;
  readonly file: string;
  readonly source: string;
  readonly code: string;
  readonly message?: string;
}

const VIOLATIONS: readonly Violation[] = [
  {
    name: 'a layer imports another beside it',
    file: 'producer/upstairs.ts',
    source: `export { poll } from '../worker/poll.js';`,
    code: 'project(layers)',
    message: 'producer must not import worker: it may import shared.',
  },
  {
    name: 'a layer loads another beside it with import()',
    file: 'worker/lazy.ts',
    source: `export const board = async (): Promise<unknown> => import('../dashboard/board.js');`,
    code: 'project(layers)',
    message: 'worker must not import dashboard: it may import shared.',
  },
  {
    name: 'a layer imports only a type of another',
    file: 'origin/typed.ts',
    source: `import type { Board } from '../dashboard/board.js';\nexport type Own = Board;`,
    code: 'project(layers)',
    message: 'origin must not import dashboard: it may import shared.',
  },
  {
    name: 'a layer imports the command line',
    file: 'dashboard/door.ts',
    source: `import { main } from '../cli/main.js';\nmain();`,
    code: 'project(layers)',
    message: 'dashboard must not import cli: it may import shared.',
  },
  {
    name: 'shared imports a layer above it',
    file: 'shared/queues/above.ts',
    source: `export * from '../../worker/poll.js';`,
    code: 'project(layers)',
    message: 'shared/queues must not import worker',
  },
  {
    name: 'a part of shared imports a later one',
    file: 'shared/redis/later.ts',
    source: `import { queues } from '../queues/queues.js';\nlanes();`,
    code: 'project(layers)',
    message: 'shared/redis must not import shared/queues: it may import shared/base.',
  },
  {
    name: 'the store imports more than base',
    file: 'shared/store/more.ts',
    source: `import { get } from '../fetch/get.js';\nget();`,
    code: 'project(layers)',
    message: 'shared/store must not import shared/fetch: it may import shared/base.',
  },
  {
    name: 'a layer imports the tests',
    file: 'worker/tested.ts',
    source: `import { site } from '../tests/site.js';\nsite();`,
    code: 'project(layers)',
    message: 'worker must not import tests: it may import shared.',
  },
  {
    name: "a file lies at shared's root",
    file: 'shared/loose.ts',
    source: 'export const loose = 1;',
    code: 'project(layers)',
    message: 'shared/loose.ts lies in no layer',
  },
  {
    name: 'a file has a name that says nothing',
    file: 'worker/utils.ts',
    source: 'export const one = 1;',
    code: 'project(names)',
  },
  {
    name: 'a layer other than the worker opens the store for writing',
    file: 'cli/writer.ts',
    source: `import { openStore } from '../shared/store/open-store.js';\nopenStore();`,
    code: 'eslint(no-restricted-imports)',
  },
  {
    name: 'BullMQ is imported, which is slow, in the layer that may open the store',
    file: 'worker/slow-start.ts',
    source: `import { Worker } from 'bullmq';\nexport const slow = Worker;`,
    code: 'eslint(no-restricted-imports)',
  },
  {
    name: 'two files import each other',
    file: 'worker/circle.ts',
    source: `import { circle } from './circle-back.js';\nexport const back = (): unknown => circle;`,
    code: 'import(no-cycle)',
  },
  {
    name: 'a promise is left alone',
    file: 'worker/floating.ts',
    source: `export function go(): void {\n  Promise.reject(new Error('lost'));\n}`,
    code: 'typescript(no-floating-promises)',
  },
  {
    name: 'any is written',
    file: 'worker/any.ts',
    source: 'export const anything: any = 1;',
    code: 'typescript(no-explicit-any)',
  },
  {
    name: 'an exclamation mark stands for a check',
    file: 'worker/assert.ts',
    source: 'export const first = (list: string[]): string => list.at(0)!;',
    code: 'typescript(no-non-null-assertion)',
  },
  {
    name: 'a type is asserted without a reason',
    file: 'worker/assertion.ts',
    source: 'export const text = (value: unknown): string => value as string;',
    code: 'typescript(no-unsafe-type-assertion)',
  },
  {
    name: 'a file only passes on what others export',
    file: 'worker/barrel.ts',
    source: `export * from './poll.js';`,
    code: 'oxc(no-barrel-file)',
  },
  {
    name: 'a file is longer than 400 lines',
    file: 'worker/long-file.ts',
    source: '// One more line.\n'.repeat(401),
    code: 'eslint(max-lines)',
  },
  {
    name: 'a function is longer than 60 lines',
    file: 'worker/long-function.ts',
    source: `export function long(): void ${LINES_61}`,
    code: 'eslint(max-lines-per-function)',
  },
  {
    name: 'a test is longer than 60 lines',
    file: 'tests/long.test.ts',
    source: `import { describe, test } from 'vitest';\ndescribe('it', () => {\n  test('is long', () => ${LINES_61});\n});`,
    code: 'project(test-function-lines)',
    message: 'This function has 62 lines; the limit is 60.',
  },
  {
    name: 'a test is left out',
    file: 'tests/skipped.test.ts',
    source: `import { expect, test } from 'vitest';\ntest.skip('it', () => {\n  expect(1).toBe(1);\n});`,
    code: 'vitest(no-disabled-tests)',
  },
];

/** What lints clean: the files that the violations import, and a chapter longer than any function may be. */
const INNOCENT: Readonly<Record<string, string>> = {
  'cli/main.ts': `import { poll } from '../worker/poll.js';\nexport const main = poll;\n`,
  'dashboard/board.ts': 'export interface Board {\n  readonly name: string;\n}\n',
  'shared/fetch/get.ts': 'export function get(): void {}\n',
  'shared/queues/queues.ts': `import { wait } from '../redis/wait.js';\nexport const queues = wait;\n`,
  'shared/redis/wait.ts': 'export function wait(): void {}\n',
  'shared/store/open-store.ts':
    'export function openStore(): void {}\nexport function openArchive(): void {}\n',
  'dashboard/reader.ts': `import { openArchive } from '../shared/store/open-store.js';\nopenArchive();\n`,
  'worker/writer.ts': `import { openStore } from '../shared/store/open-store.js';\nopenStore();\n`,
  'tests/chapter.test.ts': `import { describe, expect, test } from 'vitest';\ndescribe.each([1])('it', () => {\n${'  test("holds", () => {\n    expect(1).toBe(1);\n  });\n'.repeat(25)}});\n`,
  'tests/site.ts': `import { main } from '../cli/main.js';\nexport const site = main;\n`,
  'shared/redis/link.ts': `import type { Redis } from 'ioredis';\nexport type Connection = Redis;\n`,
  'worker/circle-back.ts': `import { back } from './circle.js';\nexport const circle = (): unknown => back;\n`,
  'worker/poll.ts': `import { queues } from '../shared/queues/queues.js';\nexport const poll = queues;\n`,
};

const Report = z.object({
  diagnostics: z.array(z.object({ code: z.string(), message: z.string(), filename: z.string() })),
});

let folder: string;
let diagnostics: z.infer<typeof Report>['diagnostics'];

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'comic-queue-lint-')));
  for (const name of ['.gitignore', '.oxlint', '.oxlintrc.json', 'package.json', 'tsconfig.json']) {
    await cp(join(PROJECT_ROOT, name), join(folder, name), { recursive: true });
  }
  await symlink(join(PROJECT_ROOT, 'node_modules'), join(folder, 'node_modules'));
  const violations = VIOLATIONS.map(({ file, source }) => [file, source] as const);
  for (const [file, source] of [...Object.entries(INNOCENT), ...violations]) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), source);
  }
  diagnostics = await lint(folder);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

test.for(VIOLATIONS)('lint objects when $name', ({ file, code, message = '' }) => {
  const found = diagnostics.filter(({ filename }) => filename === file);

  expect(found).toContainEqual({ code, message: expect.stringContaining(message), filename: file });
});

test('lint has nothing against files that keep to the rules', () => {
  const found = diagnostics.filter(({ filename }) => filename in INNOCENT);

  // The other half of the circle is part of that violation.
  expect(found.filter(({ code }) => code !== 'import(no-cycle)')).toEqual([]);
});

/** Runs oxlint in a folder; it exits 1 when it has found something, with its findings on stdout. */
async function lint(cwd: string): Promise<typeof diagnostics> {
  const oxlint = join(PROJECT_ROOT, 'node_modules/.bin/oxlint');
  const run = promisify(execFile)(oxlint, ['--format', 'json'], { cwd, maxBuffer: 2 ** 24 });
  const { stdout } = await run.catch((error: unknown) =>
    z.object({ stdout: z.string() }).parse(error),
  );
  return Report.parse(JSON.parse(stdout)).diagnostics;
}
