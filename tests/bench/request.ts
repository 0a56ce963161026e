/** What was typed after `npm run bench --`. */

import { parseArgs } from 'node:util';

export interface BenchRequest {
  readonly only: readonly string[];
  readonly repeat: number;
  readonly quick: boolean;
  readonly json: boolean;
  readonly out: string | undefined;
  readonly against: string | undefined;
}

export const USAGE = `npm run bench -- [--only CASE,CASE] [--repeat N] [--quick] [--json] [--out DIR] [--against DIR]

  --only    only these cases
  --repeat  how often each contestant is measured (default: 5; cases that take minutes less often)
  --quick   tiny sizes, once: a smoke test, no measurement
  --json    print the document instead of the tables
  --out     where latest.md and latest.json go (default: tests/bench/results/ for all cases,
            tests/bench/results/local/, which is not committed, for some or for --quick)
  --against another checkout of the project, built: measured beside this one in queues and long-run
`;

/** @throws Error for what cannot be read. */
export function readRequest(args: readonly string[], caseNames: readonly string[]): BenchRequest {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      repeat: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      out: { type: 'string' },
      against: { type: 'string' },
    },
  });
  const only = values.only?.split(',') ?? [];
  const unknown = only.find((name) => !caseNames.includes(name));
  if (unknown !== undefined) {
    throw new Error(`There is no case "${unknown}"; there are ${caseNames.join(', ')}`);
  }
  const repeat = Number(values.repeat ?? (values.quick ? 1 : 5));
  if (!Number.isInteger(repeat) || repeat < 1) throw new Error('--repeat takes a number from 1');
  return {
    only,
    repeat,
    quick: values.quick,
    json: values.json,
    out: values.out,
    against: values.against,
  };
}
