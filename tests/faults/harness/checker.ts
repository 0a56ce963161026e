/** Judges a trial: which promises the evidence breaks. Pure; what each promise says is in docs/reliability.md. */

import { MISSING_NUMBER } from '../../../origin/comics.js';
import { countFailed } from '../../../shared/base/outcome.js';
import type { Evidence } from './evidence.js';
import { concurrencyFacts, pausedQueueFacts, pauseFacts, rateFacts } from './politeness.js';
import { BAD_IDS, SLOTS } from './stage.js';
import { STOP_MAX_MS } from './fault-table.js';

export interface BrokenPromise {
  /** As docs/reliability.md numbers them. */
  readonly promise: `P${number}`;
  readonly fact: string;
}

/** At most this many examples of one kind are told. */
const EXAMPLES_MAX = 5;

/** A worker of this size has grown: small results, some thousand jobs. */
const RSS_MAX_MB = 260;

/** Connections to Redis, the journal, the store; and while it starts, Node reads seventy modules at once. */
const DESCRIPTORS_BESIDE_SLOTS = 120;

/** Lines that a worker may write beside one a second: its banner, and changes of state. */
const LINES_BESIDE = 30;

/** The facts that break a promise. */
type Check = (evidence: Evidence) => readonly string[];

const CHECKS: readonly (readonly [BrokenPromise['promise'], Check])[] = [
  ['P1', acknowledgedRunFacts],
  ['P3', partialFileFacts],
  ['P3', wrongFileFacts],
  ['P4', missingFileFacts],
  ['P4', repeatedFetchFacts],
  ['P6', stopFacts],
  ['P7', runFacts],
  ['P7', countFacts],
  ['P7', failureFacts],
  ['P7', leftoverFacts],
  ['P7', programFacts],
  ['P8', workerFacts],
  ['P9', rateFacts],
  ['P9', pauseFacts],
  ['P9', pausedQueueFacts],
  ['P9', concurrencyFacts],
  ['P10', logFacts],
];

/** The promises that a trial has broken; none where all hold. */
export function brokenPromises(evidence: Evidence): BrokenPromise[] {
  return CHECKS.flatMap(([promise, check]) => {
    const facts = check(evidence);
    const more = facts.length - EXAMPLES_MAX;
    const told = facts.slice(0, EXAMPLES_MAX).concat(more > 0 ? [`… and ${more} more`] : []);
    return told.map((fact) => ({ promise, fact }));
  });
}

/** What was reported as queued is there, whole. */
function acknowledgedRunFacts({ producers, runs }: Evidence): string[] {
  return producers.flatMap(({ acknowledged }) => {
    if (acknowledged === undefined) return [];
    const run = runs.find(({ number }) => number === acknowledged.run);
    if (run === undefined) return [`run-${acknowledged.run} was acknowledged and is gone`];
    if (run.total === acknowledged.total) return [];
    return [`run-${run.number} has ${run.total} jobs, ${acknowledged.total} were acknowledged`];
  });
}

function partialFileFacts({ results }: Evidence): string[] {
  return results.partial.map((name) => `${name} was seen in part`);
}

function wrongFileFacts({ results }: Evidence): string[] {
  return results.wrong.map((name) => `${name} is not what the site sends`);
}

/** A file is there for every comic of the site that was asked for, and for no other. */
function missingFileFacts({ runs, results }: Evidence): string[] {
  const added = runs.flatMap(({ ids }) => ids);
  const wanted = new Set(added.filter((id) => expectedOutcome(id) === 'stored'));
  const facts = runs
    .filter(({ state }) => state === 'ended')
    .flatMap(({ number, ids }) =>
      ids
        .filter((id) => wanted.has(id) && !results.right.has(id))
        .map((id) => `comic ${id} of run-${number} has no file`),
    );
  const unwanted = [...results.right].filter((id) => !wanted.has(id));
  return [...facts, ...unwanted.map((id) => `comic ${id} has a file that nobody asked for`)];
}

function expectedOutcome(id: number): 'stored' | 'missing' | 'invalid' {
  if (id === MISSING_NUMBER) return 'missing';
  return BAD_IDS.has(id) ? 'invalid' : 'stored';
}

/**
 * Beyond one, each whole answer for a comic is one too many: it was on its way when something was
 * killed, frozen, cut off or full, which is so for as many jobs as there are slots, or two runs
 * asked for it at the same time.
 */
function repeatedFetchFacts({ requests, disruptions, runs }: Evidence): string[] {
  const counts = new Map<string, number>();
  for (const { path, status, fault } of requests) {
    if (status === 200 && fault === '') counts.set(path, (counts.get(path) ?? 0) + 1);
  }
  const extra = [...counts.values()].reduce((sum, count) => sum + count - 1, 0);
  const allowed = SLOTS * (disruptions.length * 2 + Math.max(runs.length - 1, 0));
  const facts = extra > allowed ? [`${extra} comics too many were fetched; ${allowed} may be`] : [];
  const often = [...counts].filter(([, count]) => count > 3 + disruptions.length / 2);
  return [...facts, ...often.map(([path, count]) => `${path} was fetched ${count} times`)];
}

function stopFacts({ stops }: Evidence): string[] {
  return stops.flatMap(({ exitCode, tookMs }) => {
    if (tookMs > STOP_MAX_MS) return [`a worker took ${Math.round(tookMs)} ms to stop`];
    return exitCode === 0 ? [] : [`a worker that was stopped left with ${String(exitCode)}`];
  });
}

function runFacts({ runs, redis }: Evidence): string[] {
  const open = runs.filter(({ isOver, report }) => !isOver || report === undefined);
  return [
    ...open.map(({ number, state }) => `run-${number} has not ended; it is ${state}`),
    ...(redis.liveRuns > 0 && open.length === 0 ? [`${redis.liveRuns} runs count as live`] : []),
  ];
}

/** Each job of a run is counted once, as what the site makes of it. */
function countFacts({ runs }: Evidence): string[] {
  return runs.flatMap(({ number, state, ids, total, report }) => {
    if (report === undefined || state !== 'ended') return [];
    const { ended, outcomes, reasons } = report;
    const expected = { answers: 0, missing: 0, invalid: 0 };
    for (const id of ids) {
      const outcome = expectedOutcome(id);
      expected[outcome === 'stored' ? 'answers' : outcome] += 1;
    }
    const { stored = 0, kept = 0, missing = 0, invalid = 0 } = outcomes;
    const counted = { answers: stored + kept, missing, invalid };
    const sums = [ended, sumOf(outcomes), sumOf(reasons)];
    return [
      ...(JSON.stringify(counted) === JSON.stringify(expected)
        ? []
        : [
            `run-${number} counts ${JSON.stringify(outcomes)}; the site has ${JSON.stringify(expected)}`,
          ]),
      ...(sums.every((sum) => sum === total)
        ? []
        : [
            `run-${number}: ${total} jobs; ended, outcomes and reasons add up to ${sums.join(', ')}`,
          ]),
    ];
  });
}

/** Every failure has one reason code, which is the site's doing and not our own. */
function failureFacts({ runs }: Evidence): string[] {
  return runs.flatMap(({ number, report, failures }) => {
    const failed = countFailed(report?.outcomes ?? {});
    const odd = failures.filter(
      ({ id, reason }) => id === undefined || !BAD_IDS.has(id) || reason !== 'other-number',
    );
    return [
      ...(failed === failures.length
        ? []
        : [`run-${number}: ${failed} failed, ${failures.length} listed`]),
      ...odd.map(({ id, reason }) => `run-${number}: comic ${String(id)} failed as ${reason}`),
    ];
  });
}

/** Nothing is left in the queue, nor of the processes. */
function leftoverFacts({ redis, workers, results, disruptions }: Evidence): string[] {
  const pending = Object.entries(redis.pending).filter(([, count]) => count > 0);
  const running = workers.filter(({ stillRuns }) => stillRuns);
  const kills = disruptions.filter(({ name }) => /^worker-\d killed/.test(name)).length;
  return [
    ...pending.map(([name, count]) => `${count} jobs are ${name} and no run waits for them`),
    ...redis.orphans.map((key) => `${key} is in no list`),
    ...redis.locks.map((key) => `${key} is held by nobody`),
    ...redis.clients.map((client) => `connected still: ${client}`),
    ...(redis.hasFoldJournal ? ['a fold was cut off and never finished'] : []),
    ...running.map(({ name }) => `${name} still runs`),
    ...(results.temporaries > kills * SLOTS
      ? [`${results.temporaries} temporary files are left`]
      : []),
  ];
}

function programFacts({ runs, program }: Evidence): string[] {
  const told = runs.flatMap(({ number, report }) =>
    JSON.stringify(program.outcomes[number]) === JSON.stringify(report?.outcomes)
      ? []
      : [`runs --json tells other outcomes of run-${number} than its report`],
  );
  const unfinished =
    program.unfinished > 0 ? [`status shows ${program.unfinished} jobs that are not over`] : [];
  return [...told, ...unfinished, ...program.damaged.map((key) => `verify finds ${key} damaged`)];
}

/** A worker lives, and holds no more than its work needs. */
function workerFacts({ workers }: Evidence): string[] {
  return workers.flatMap(({ name, leftByItself, lines, samples }) => {
    const rss = Math.max(0, ...samples.map(({ rssMb }) => rssMb));
    const descriptors = Math.max(0, ...samples.map((sample) => sample.descriptors));
    return [
      ...(leftByItself ? [`${name} left by itself: ${lines.slice(-3).join(' ')}`] : []),
      ...(rss > RSS_MAX_MB ? [`${name} took ${Math.round(rss)} MB`] : []),
      ...(descriptors > 2 * SLOTS + DESCRIPTORS_BESIDE_SLOTS
        ? [`${name} had ${descriptors} open files`]
        : []),
    ];
  });
}

function logFacts({ workers }: Evidence): string[] {
  return workers.flatMap(({ name, lines, livedMs }) =>
    lines.length > LINES_BESIDE + livedMs / 1000
      ? [`${name} wrote ${lines.length} lines in ${Math.round(livedMs / 1000)} s`]
      : [],
  );
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
