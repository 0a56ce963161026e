import { describe, expect, test } from 'vitest';
import { settingsOf } from '../../../cli/commands/origin.js';
import { EXIT } from '../../../shared/base/errors.js';
import { runInProcess, useStandIn } from '../command-line.js';

let env: Record<string, string>;

useStandIn((there) => {
  ({ env } = there);
});

test('a watch is begun, changed, listed and ended', async () => {
  const begun = await runInProcess(['watch', 'comics'], { env });
  const changed = await runInProcess(['watch', 'comics', '--every', '30m', '--pictures'], { env });
  const listed = await runInProcess(['watch'], { env });
  const status = await runInProcess(['status'], { env });
  const from = await runInProcess(['watch', 'comics', '--from', '2990', '--json'], { env });
  const ended = await runInProcess(['watch', 'comics', '--stop'], { env });
  const again = await runInProcess(['watch', 'comics', '--stop'], { env });
  const nothing = await runInProcess(['watch'], { env });

  expect(begun).toMatchObject({ exitCode: EXIT.ok, stdout: '' });
  expect(begun.stderr).toMatch(
    /^comics from 3001 on are fetched as they come: a worker looks every 1 h\. End it: .*comic-queue watch comics --stop\nNo worker is connected\. Start one: .*comic-queue work\n$/,
  );
  expect(changed.stderr).toContain('from 3001 on');
  const line =
    /^comics and their pictures are watched every 30 min: known up to 3000, next look (?:due|in \d+ (?:min|s))$/m;
  expect(listed.stdout).toMatch(line);
  expect(status.stdout).toMatch(line);
  expect(JSON.parse(from.stdout)).toMatchObject({ kind: 'comic', known: 2989, pictures: false });
  expect(ended.stderr).toBe('comics are no longer watched.\n');
  expect(again).toMatchObject({ exitCode: EXIT.ok, stderr: 'comics were not watched.\n' });
  expect(nothing.stdout).toEqual(
    expect.stringMatching(/^Nothing is watched\. Begin with: .*comic-queue watch comics\n$/),
  );
});

test('a watch that nothing is known of needs an answer of the site', async () => {
  const away = { env: { ...env, ...settingsOf('http://127.0.0.1:9') } };

  const refused = await runInProcess(['watch', 'comics'], away);
  const listed = await runInProcess(['watch', '--json'], { env });

  expect(refused.exitCode).toBe(EXIT.unavailable);
  expect(refused.stderr).toContain('for the latest number');
  expect(JSON.parse(listed.stdout)).toEqual({ watches: [] });
});

describe('watch refuses', () => {
  test.each([
    [['searches'], 'Cannot watch searches: only comics, pictures are numbered'],
    [['comcs'], 'There is no kind "comcs"'],
    [['--stop'], 'Say what to watch, as in: '],
    [['comics', '--stop', '--every', '1h'], '--stop goes with no other option'],
    [['comics', '--every', '10s'], '--every must be at least 1m'],
    [['comics', '--every', 'soon'], '--every must be a time'],
    [['comics', '--from', '0'], '--from must be a whole number'],
    [['pictures', '--pictures'], '--pictures goes with comics'],
  ])('%j', async (words, problem) => {
    const { exitCode, stderr } = await runInProcess(['watch', ...words], { env });

    expect(exitCode).toBe(EXIT.usage);
    expect(stderr).toContain(problem);
  });
});
