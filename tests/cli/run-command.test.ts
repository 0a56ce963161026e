import { expect, test } from 'vitest';
import { humanLogLine } from '../../cli/run-command.js';

test('humanLogLine() says when and how bad, and what the sentence does not hold', () => {
  const line = (level: number): string =>
    `{"level":${level},"time":1795421246594,"job":"r2.4","error":"no\\u001b[2J name","msg":"It failed"}\n`;

  expect(humanLogLine(line(40))).toMatch(
    /^\d\d:\d\d:\d\d warn It failed error="no\\u001b\[2J name"$/,
  );
  expect(humanLogLine(line(30))).toMatch(/^\d\d:\d\d:\d\d It failed error=/);
  expect(humanLogLine(line(20))).toMatch(/^\d\d:\d\d:\d\d debug It failed job=r2\.4 error=/);
});

test('humanLogLine() leaves what is no line of the log', () => {
  expect(humanLogLine('plain text\n')).toBe('plain text');
  expect(humanLogLine('{"a":1}')).toBe('{"a":1}');
});
