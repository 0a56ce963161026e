import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createOrigin } from '../../origin/server.js';
import { EXIT } from '../../shared/base/errors.js';
import { ask, askJson, startOrigin } from './origin-client.js';

async function recordsFile(content: string | Buffer): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'origin-records-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, 'records.jsonl');
  await writeFile(file, content);
  return file;
}

test('records are served byte for byte under their numbers, whatever is in them', async () => {
  const odd = Buffer.concat([
    Buffer.from('{ "num":7,"title":"'),
    Buffer.from([0xff, 0xc3, 0xa9]),
    Buffer.from('" }\r'),
  ]);
  const file = await recordsFile(
    Buffer.concat([
      Buffer.from('{"num": 12, "title": "\\u202eold"}\n\n'),
      odd,
      Buffer.from('\n{"num": 12,   "title": "new"}'),
    ]),
  );

  const origin = await startOrigin({ recordsFile: file });

  expect((await ask(origin, '/7/info.0.json')).body).toEqual(odd);
  expect((await ask(origin, '/12/info.0.json')).body.toString()).toBe(
    '{"num": 12,   "title": "new"}',
  );
  expect((await ask(origin, '/8/info.0.json')).status).toBe(404);
  expect(await askJson(origin, '/info.0.json')).toMatchObject({ num: 12 });
});

test.each([
  ['{"num": 1}\nnot json\n', /line 2 is not a JSON object/],
  ['{"title": "x"}\n', /line 1 is not/],
  ['{"num": 0}\n', /line 1 is not/],
  ['\n\n', /holds no record/],
])('records of %j are refused with the line', async (content, message) => {
  const origin = createOrigin({ recordsFile: await recordsFile(content) });

  await expect(origin.start()).rejects.toMatchObject({
    exitCode: EXIT.noInput,
    message: expect.stringMatching(message),
  });
});

test('records that are not there are refused', async () => {
  const origin = createOrigin({ recordsFile: '/nowhere/records.jsonl' });

  await expect(origin.start()).rejects.toMatchObject({
    exitCode: EXIT.noInput,
    message: expect.stringContaining('ENOENT'),
  });
});
