/** A line of the log as a person reads it. */

import { z } from 'zod';
import { safeText } from '../shared/base/safe-text.js';

/** Names of pino's levels. */
const LEVELS: Readonly<Record<number, string>> = {
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

const LogLine = z.looseObject({ level: z.number(), time: z.number(), msg: z.string().default('') });

const VALUE_LENGTH_MAX = 160;

/** `08:03:12 warn Job failed for good jobId=r2.4 why="dns: …"`; anything else as it is. */
export function humanLogLine(line: string): string {
  const { level, time, msg, ...fields } = parse(line) ?? { level: 0, time: 0, msg: line.trimEnd() };
  if (level === 0) return safeText(msg);
  const clock = new Date(time).toTimeString().slice(0, 8);
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${valueText(value)}`);
  return [clock, LEVELS[level] ?? String(level), msg, ...pairs].join(' ');
}

function parse(line: string): z.infer<typeof LogLine> | undefined {
  try {
    return LogLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = safeText(text ?? '', VALUE_LENGTH_MAX);
  return safe.includes(' ') ? `"${safe}"` : safe;
}
