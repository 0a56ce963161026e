/** Tables in the docs that are derived from the code. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { REASONS } from '../../shared/base/outcome.js';
import { KEYS } from '../../shared/redis/keys.js';
import { RUN_STATES } from '../../shared/runs/run.js';
import { code, tableOf } from '../support/markdown-page.js';
import { PROJECT_ROOT } from '../support/project-root.js';

const OUTCOMES_INTRODUCTION = `# Outcomes

Every job ends with one outcome and one reason code. \`failed\`, the report, \`/metrics\` and the board use these codes. \`complete\` ends the job with an answer, \`fail\` ends it for good. \`retry\` tries it again later and spends an attempt, unless [the site is away](retries.md). \`pause\` stops the site's queues for every worker and spends none; \`fail-and-pause\` fails this job and pauses the queues for the others. A \`retry\` that runs out of attempts, and a \`pause\` that outlasts \`--give-up-after\`, end with the outcome shown.`;

const text = await readFile(join(PROJECT_ROOT, 'ARCHITECTURE.md'), 'utf8');

/** `npx vitest run tests/architecture/documented.test.ts -u` writes it. */
test('docs/outcomes.md lists every reason with its outcome, reaction and meaning', async () => {
  const rows = Object.entries(REASONS).map(([reason, { outcome, reaction, meaning }]) => [
    code(reason),
    code(outcome),
    reaction,
    meaning,
  ]);
  const table = tableOf([
    ['reason', 'outcome', 'what the queue does', 'the job ended because'],
    ...rows,
  ]);

  await expect([OUTCOMES_INTRODUCTION, '', ...table, ''].join('\n')).toMatchFileSnapshot(
    join(PROJECT_ROOT, 'docs/outcomes.md'),
  );
});

test('ARCHITECTURE.md lists every key in Redis', () => {
  const documented = tableUnder('## What lies in Redis').map((row) => row.split('`')[1]);

  const keys = Object.values(KEYS).map((key) => (typeof key === 'string' ? key : keyOf(key)));

  expect(new Set(documented)).toEqual(new Set(keys.filter((key) => !key.endsWith(':'))));
});

test('ARCHITECTURE.md draws every state of a run', () => {
  const drawing = /stateDiagram-v2\n([^`]+)```/.exec(text)?.[1] ?? '';

  const states = new Set(drawing.match(/\b[a-z]+(?= -->)|(?<=--> )[a-z]+\b/g));

  expect(states).toEqual(new Set(RUN_STATES));
});

/** The rows of the table below a heading, without its head and without the padding of its cells. */
function tableUnder(heading: string): string[] {
  const section = text.split(`${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.replaceAll(/ +/g, ' '));
}

/** A key with its parameter spelled out: the name of the parameter is what the docs show. */
function keyOf(make: (part: never) => string): string {
  const parameter = /^\(?(\w+)/.exec(String(make))?.[1] ?? '';
  return make(`<${parameter}>` as never);
}
