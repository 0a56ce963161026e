/**
 * The terminal session of the README. Times differ from one recording to the next, so it is made only
 * when asked for: `COMIC_QUEUE_RECORD=1 npx vitest run tests/docs/session.test.ts`.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { settingsOf } from '../../cli/commands/origin.js';
import { createOrigin } from '../../origin/server.js';
import { PROJECT_ROOT } from '../support/project-root.js';
import { startTestRedis } from '../support/redis-server.js';
import { ShellPlace } from './shell-place.js';
import { type Step, terminalSvg } from './terminal-svg.js';

const FILE = join(PROJECT_ROOT, 'docs/images/session.svg');

const COMMANDS = [
  'comic-queue get comics 1-200 -c 50',
  'comic-queue get comics 190-210 -c 50',
  'ls data/comics | wc -l',
];

test.runIf(process.env['COMIC_QUEUE_RECORD'] === '1')('records the session', async () => {
  const redis = await startTestRedis(['--appendonly', 'yes']);
  onTestFinished(() => redis.stop());
  const origin = createOrigin({ latest: 3000, latencyMs: 50 });
  await origin.start();
  onTestFinished(() => origin.stop());
  const settings = { REDIS_URL: redis.url, FORCE_COLOR: '1', COLUMNS: '80' };
  const place = await ShellPlace.open({ ...settings, ...settingsOf(origin.url) });
  onTestFinished(() => place.close());

  const steps: Step[] = [];
  for (const command of COMMANDS) {
    const { output } = await place.run(`{ ${command}; } 2>&1`);
    steps.push({ command, output });
  }

  expect(steps.every(({ output }) => output !== '')).toBe(true);
  await writeFile(FILE, terminalSvg(steps));
});

test('the recorded session is that of these commands', async () => {
  const svg = await readFile(FILE, 'utf8');
  const typed = [...svg.matchAll(/<tspan class="p">\$ <\/tspan><tspan class="b">(.+?)<\/tspan>/g)];

  expect(typed.map(([, command]) => command)).toEqual(COMMANDS);
});

test('colours become classes, and what is printed stays text', () => {
  const svg = terminalSvg([{ command: 'a', output: '\u001B[32mgreen\u001B[0m <b> & c\n' }]);

  expect(svg).toContain('<tspan class="g">green</tspan> &lt;b&gt; &amp; c');
});
