/** The options of the stand-in, parsed once. */

import { z } from 'zod';
import { CommandError, EXIT } from '../shared/base/errors.js';

/** Comic numbers have 31 bits, as everywhere in the project. */
const NUMBER_MAX = 2_147_483_647;

/** One hour: a longer wait is a typing error, and timers end at 2^31 ms. */
const WAIT_MAX_MS = 3_600_000;

/** The newest comic by default: xkcd's in November 2026. */
export const LATEST_DEFAULT = 3_328;

/** Flags whose names differ from their options'. */
const FLAGS: Readonly<Record<string, string>> = {
  latencyMs: '--latency',
  jitterMs: '--jitter',
  recordsFile: '--records',
  faults: '--fault',
};

export const OriginOptions = z.strictObject({
  /** The address to listen on; only inside a container another than loopback. */
  host: z.string().min(1).default('127.0.0.1'),
  /** 0 takes any free port. */
  port: whole(0, 65_535).default(0),
  /** How long every answer takes at least. */
  latencyMs: wait().default(0),
  /** The most that is added to the latency of an answer; uniform, from the seed. */
  jitterMs: wait().default(0),
  /** The newest invented comic; recorded comics bring their own. */
  latest: whole(1, NUMBER_MAX).default(LATEST_DEFAULT),
  /** A file of recorded answers, one body a line, served instead of invented comics. */
  recordsFile: z.string().min(1).optional(),
  /** Faults, each as `parseFault` reads it. */
  faults: z.array(z.string()).readonly().default([]),
  /** Seeds everything random. */
  seed: whole(0, 4_294_967_295).default(1),
  /** Whether to compress for clients that accept it, as xkcd does. */
  gzip: z.boolean().default(true),
});

export type OriginOptions = z.infer<typeof OriginOptions>;

/** The options as a caller gives them: each may be left out. */
export type OriginInput = z.input<typeof OriginOptions>;

/**
 * The options with their defaults.
 * @throws CommandError (usage) that names every option that is wrong.
 */
export function parseOriginOptions(input: OriginInput): OriginOptions {
  const parsed = OriginOptions.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path: [name], message }) =>
    name === undefined ? message : `${FLAGS[String(name)] ?? `--${String(name)}`} ${message}`,
  );
  throw new CommandError(EXIT.usage, `Cannot start the origin: ${problems.join('; ')}`);
}

function whole(min: number, max: number) {
  const problem = `must be a whole number from ${min} to ${max}`;
  return z.int(problem).min(min, problem).max(max, problem);
}

function wait() {
  const problem = `must be milliseconds from 0 to ${WAIT_MAX_MS}`;
  return z.number(problem).min(0, problem).max(WAIT_MAX_MS, problem);
}
