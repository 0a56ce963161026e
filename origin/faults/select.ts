/** The options of faults, parsed from their text. */

import { z } from 'zod';

/** The pages a fault can be confined to. */
export const SITES = ['comics', 'searches', 'latest'] as const;

export type Site = (typeof SITES)[number];

const COUNT_MAX = 1_000_000_000;

function whole(least: number, most: number): z.ZodType<number, string> {
  return z
    .string()
    .regex(/^\d{1,10}$/, 'needs a whole number')
    .transform(Number)
    .refine((value) => value >= least && value <= most, `needs ${least} to ${most}`);
}

const Rate = z
  .string()
  .regex(/^(0?\.\d+|0|1)$/, 'needs a number from 0 to 1')
  .transform(Number);

/** Numbers and inclusive ranges, joined by `+` (or `,` within quotes). */
const Ids = z.string().transform((text, context) =>
  text.split(/[+,]/).map((part) => {
    const range = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(part.trim());
    if (range === null) context.addIssue({ code: 'custom', message: 'needs ids like 1-5+9' });
    const from = Number(range?.[1]);
    return { from, to: Number(range?.[2] ?? from) };
  }),
);

const Printable = z.string().regex(/^[\x20-\x7e]*$/, 'needs printable ASCII');

/** Every option of every fault. `every` to `only` say which requests it hits; all must agree. */
export const FaultSettings = z.strictObject({
  every: whole(1, COUNT_MAX).optional(),
  first: whole(1, COUNT_MAX).optional(),
  each: whole(1, COUNT_MAX).optional(),
  rate: Rate.optional(),
  ids: Ids.optional(),
  only: z.enum(SITES, `needs one of ${SITES.join(', ')}`).optional(),
  'retry-after': Printable.optional(),
  to: Printable.optional(),
  interval: whole(1, 3_600_000).optional(),
  mib: whole(1, 4_096).optional(),
  depth: whole(1, 10_000_000).optional(),
  limit: whole(0, COUNT_MAX).optional(),
});

export type FaultSettings = z.infer<typeof FaultSettings>;

export type OptionName = keyof FaultSettings;

/** What each option means, for the help. */
export const OPTION_MEANINGS: Readonly<Record<OptionName, string>> = {
  every: 'every=N: the Nth, 2Nth, … request',
  first: 'first=N: the first N requests',
  each: 'each=N: the first N requests for each path',
  rate: 'rate=P: this share of requests, drawn from the seed',
  ids: 'ids=1-5+9: these comics',
  only: `only=${SITES.join('|')}: these pages`,
  'retry-after': 'retry-after=TEXT: sent as the Retry-After header, whatever it says',
  to: 'to=URL: where the redirect leads',
  interval: 'interval=MS: time between bytes (200)',
  mib: 'mib=N: decoded size in MiB (512 for gzip-bomb, else 50)',
  depth: 'depth=N: levels of nesting (100000)',
  limit: 'limit=N: the most requests in flight',
};

/** The options that every fault takes. */
export const SELECTING_OPTIONS: readonly OptionName[] = [
  'every',
  'first',
  'each',
  'rate',
  'ids',
  'only',
];
