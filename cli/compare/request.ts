/** What was typed after `compare`, checked before anything is opened. */

import type { RunRequest } from '../../producer/plan.js';
import { CommandError, EXIT } from '../../shared/base/errors.js';
import { safeText } from '../../shared/base/safe-text.js';
import { kindOf } from '../../shared/kinds/kinds.js';
import { isLocalSite, type Site } from '../../shared/kinds/site.js';
import { ATTEMPTS_DEFAULT } from '../../shared/queues/job.js';
import { formatCount } from '../../shared/report/format.js';
import { requireCount, requireKind } from '../arguments.js';

/** Far above any knee. */
const CONCURRENCY_MAX = 10_000;

/** A day of passes of ten seconds. */
const PASSES_MAX = 10_000;

export interface CompareFlags {
  readonly kind: string | undefined;
  readonly words: readonly string[];
  readonly input?: string[] | undefined;
  readonly concurrency?: string | undefined;
  readonly sweep?: string | undefined;
  readonly repeat?: string | undefined;
  readonly minSpeedup?: string | undefined;
  readonly useWorkers?: true | undefined;
  readonly yes?: true | undefined;
  readonly json?: true | undefined;
}

export interface CompareRequest {
  readonly request: RunRequest;
  /** Jobs at a time, in the order to be measured; with connected workers, theirs. */
  readonly concurrencies: readonly [number, ...number[]];
  readonly passes: number;
  readonly minSpeedUp: number | undefined;
  readonly useWorkers: boolean;
  /** Whether a person has agreed to the number of requests. */
  readonly agreed: boolean;
  readonly json: boolean;
}

/** @throws CommandError (usage) that names the option. */
export function compareRequestOf(flags: CompareFlags): CompareRequest {
  if (flags.kind === undefined) {
    throw usage('Say what to compare, as in: comic-queue compare comics 1-200 -c 50');
  }
  const kind = requireKind(flags.kind);
  if (flags.concurrency !== undefined && flags.sweep !== undefined) {
    throw usage('--concurrency and --sweep exclude each other: give one of them');
  }
  if (flags.useWorkers === true && (flags.concurrency ?? flags.sweep) !== undefined) {
    throw usage(
      '--use-workers measures at the concurrency the workers have: leave -c and --sweep out',
    );
  }
  return {
    request: {
      kind,
      words: flags.words,
      inputFiles: flags.input ?? [],
      baseline: false,
      refetch: true,
      times: 1,
      attempts: ATTEMPTS_DEFAULT,
    },
    concurrencies: concurrenciesOf(flags, kindOf(kind).defaultConcurrency),
    passes: requireCount('--repeat', flags.repeat ?? '1', { min: 1, max: PASSES_MAX }),
    minSpeedUp: flags.minSpeedup === undefined ? undefined : speedUpOf(flags.minSpeedup),
    useWorkers: flags.useWorkers === true,
    agreed: flags.yes === true,
    json: flags.json === true,
  };
}

function concurrenciesOf(
  { concurrency, sweep }: CompareFlags,
  fallback: number,
): readonly [number, ...number[]] {
  const bounds = { min: 1, max: CONCURRENCY_MAX };
  if (sweep === undefined) {
    return [requireCount('--concurrency', concurrency ?? String(fallback), bounds)];
  }
  const counts = sweep.split(',').map((text) => requireCount('--sweep', text.trim(), bounds));
  const [first, ...others] = [...new Set(counts)].toSorted((a, b) => a - b);
  if (first === undefined) throw usage('--sweep needs at least one number');
  return [first, ...others];
}

function speedUpOf(text: string): number {
  const speedUp = Number(text);
  if (/^\d{1,6}(?:\.\d{1,6})?$/.test(text) && speedUp > 0) return speedUp;
  throw usage(`--min-speedup must be a number such as 30 or 2.5, got "${safeText(text, 60)}"`);
}

function usage(message: string): CommandError {
  return new CommandError(EXIT.usage, message);
}

export interface Extent {
  readonly jobs: number;
  readonly passes: number;
  /** How many concurrencies are measured besides the baseline. */
  readonly steps: number;
}

/** Requests that a comparison makes if no job is tried twice. */
export function requestsOf({ jobs, passes, steps }: Extent): number {
  return jobs * passes * (steps + 1);
}

/**
 * Passes once over the jobs, twice in all, need no leave. More of a site that is not on this
 * machine does.
 *
 * @throws CommandError (usage) that names the number of requests.
 */
export function requireAgreement(site: Site | undefined, extent: Extent, agreed: boolean): void {
  const runs = extent.passes * (extent.steps + 1);
  if (agreed || runs <= 2 || site === undefined || isLocalSite(site)) return;
  const host = new URL(site.url.replaceAll(/[{}]/g, '')).host;
  throw new CommandError(
    EXIT.usage,
    `This would ask ${host} ${formatCount(requestsOf(extent))} times (${formatCount(extent.jobs)} jobs, ${runs} runs). ` +
      'Add --yes if that is all right with you and the site; the command rate keeps it polite',
  );
}
