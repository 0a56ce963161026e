import { expect, test } from 'vitest';
import { humanLogLine } from '../../cli/run-command.js';

test('humanLogLine() says when, how bad, what, and the fields', () => {
  const line =
    '{"level":40,"time":1795421246594,"jobId":"r2.4","why":"dns: no\\u001b[2J name","msg":"It failed"}\n';

  expect(humanLogLine(line)).toMatch(
    /^\d\d:\d\d:\d\d warn It failed jobId=r2\.4 why="dns: no\\u001b\[2J name"$/,
  );
});

test('humanLogLine() leaves what is no line of the log', () => {
  expect(humanLogLine('plain text\n')).toBe('plain text');
  expect(humanLogLine('{"a":1}')).toBe('{"a":1}');
});
