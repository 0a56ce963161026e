/** What is known of a result besides its bytes: one line of the journal. */

import { z } from 'zod';
import { OUTCOMES } from '../base/outcome.js';

const SHA256_HEX = /^[0-9a-f]{64}$/;

/** What the caller knows of a fetch. */
export const ResultFacts = z.strictObject({
  /** After redirects. */
  url: z.string(),
  status: z.int(),
  /** When the last byte came, by this machine's clock: ISO 8601 in UTC. */
  fetchedAt: z.iso.datetime(),
  durationMs: z.number().nonnegative(),
  attempt: z.int().min(1),
  run: z.string(),
  kind: z.string(),
});
export type ResultFacts = z.infer<typeof ResultFacts>;

/** One line of the journal, some 400 bytes long. */
export const ResultRecord = z.strictObject({
  /** `comics/614.json`. */
  key: z.string(),
  outcome: z.enum(OUTCOMES),
  bytes: z.int().nonnegative(),
  /** Of the file; absent when there is none. */
  sha256: z.string().regex(SHA256_HEX).optional(),
  worker: z.string(),
  ...ResultFacts.shape,
});
export type ResultRecord = z.infer<typeof ResultRecord>;
