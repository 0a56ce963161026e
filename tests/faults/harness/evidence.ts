/** What is left when the trouble is over: the runs, the results, the queue's keys, and what everybody saw. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { comicBody } from '../../../origin/comics.js';
import type { LedgerRow } from '../../../origin/ledger.js';
import { KEYS, PREFIX } from '../../../shared/redis/keys.js';
import type { RedisConnection } from '../../../shared/redis/connection.js';
import { storedReport } from '../../../shared/report/read-report.js';
import type { Report } from '../../../shared/report/report.js';
import { failedJobs } from '../../../shared/runs/failed-jobs.js';
import type { Run } from '../../../shared/runs/run.js';
import { listRuns } from '../../../shared/runs/run-store.js';
import type { ProcessSample } from './product-process.js';
import type { Disruption, FaultStage, ProducerEnd } from './stage.js';
import type { WorkerStop } from './worker-seat.js';

/** The whole of a trial, as the checker reads it. */
export interface Evidence {
  readonly runs: readonly RunEvidence[];
  readonly producers: readonly Pick<ProducerEnd, 'exitCode' | 'said' | 'acknowledged'>[];
  readonly results: ResultsEvidence;
  /** Requests that reached the site, in the order of their arrival. */
  readonly requests: readonly LedgerRow[];
  readonly disruptions: readonly Readonly<Disruption>[];
  readonly workers: readonly WorkerEvidence[];
  readonly stops: readonly WorkerStop[];
  readonly redis: RedisEvidence;
  /** What the program says itself of the same. */
  readonly program: ProgramEvidence;
}

export interface RunEvidence {
  readonly number: number;
  readonly state: string;
  /** Whether it has ended, with a report. */
  readonly isOver: boolean;
  readonly total: number;
  readonly report: Pick<Report, 'ended' | 'outcomes' | 'reasons'> | undefined;
  /** For each position, from 1: the comic that was asked for. */
  readonly ids: readonly number[];
  /** The jobs that are listed as failed. */
  readonly failures: readonly { readonly id: number | undefined; readonly reason: string }[];
}

export interface ResultsEvidence {
  /** Comics whose file is what the site sends, byte for byte. */
  readonly right: ReadonlySet<number>;
  /** Files that are anything else, by name. */
  readonly wrong: readonly string[];
  /** Files that were seen in part while workers were at work. */
  readonly partial: readonly string[];
  readonly temporaries: number;
}

export interface WorkerEvidence {
  readonly name: string;
  readonly livedMs: number;
  readonly lines: readonly string[];
  /** Whether it left without having been told to. */
  readonly leftByItself: boolean;
  readonly stillRuns: boolean;
  readonly samples: readonly ProcessSample[];
}

export interface RedisEvidence {
  /** Jobs that are not over, by the key that names them. */
  readonly pending: Readonly<Record<string, number>>;
  /** Keys of jobs that are in no list or set. */
  readonly orphans: readonly string[];
  readonly locks: readonly string[];
  readonly liveRuns: number;
  readonly hasFoldJournal: boolean;
  /** Clients that are not the harness's. */
  readonly clients: readonly string[];
}

export interface ProgramEvidence {
  /** Outcomes of each run, by its number, as `runs --json` lists them. */
  readonly outcomes: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Results that `verify` finds damaged. */
  readonly damaged: readonly string[];
  /** Jobs that `status` shows as not over. */
  readonly unfinished: number;
}

const Counts = z.record(z.string(), z.number());
const RunsDocument = z.object({ runs: z.array(z.object({ run: z.number(), outcomes: Counts })) });
const VerifyDocument = z.object({ damaged: z.array(z.object({ key: z.string() })) });
const StatusDocument = z.object({
  queues: z.array(z.object({ waiting: z.number(), active: z.number(), delayed: z.number() })),
});

/** Reads what is left. The workers have ended by then. */
export async function collectEvidence(
  stage: FaultStage,
  seen: { readonly partial: readonly string[]; readonly requests: readonly LedgerRow[] },
): Promise<Evidence> {
  const { connection, out, producers, disruptions } = stage;
  const [runs, redis, program] = [
    await Promise.all(
      (await listRuns(connection, { limit: 1000 })).map((run) => readRunEvidence(connection, run)),
    ),
    await readRedisEvidence(connection),
    await readProgramEvidence(stage),
  ];
  return {
    runs,
    redis,
    program,
    producers,
    disruptions,
    requests: seen.requests,
    results: readResults(out, seen.partial),
    stops: stage.workers.flatMap(({ stops }) => stops),
    workers: stage.workers.flatMap(({ lives }) =>
      lives.map(({ seat, process, endedAtMs, isExpected, samples }) => ({
        name: `${seat} (${process.pid})`,
        livedMs: Math.min(endedAtMs, Date.now()) - process.startedAtMs,
        lines: process.lines,
        leftByItself: !process.isRunning && !isExpected,
        stillRuns: process.isRunning,
        samples,
      })),
    ),
  };
}

/** The requests that have reached the site after those of a sequence number. */
export async function readRequests(url: string, after: number): Promise<LedgerRow[]> {
  const response = await fetch(`${url}/__origin/requests?after=${after}`);
  return ((await response.json()) as { readonly requests: LedgerRow[] }).requests;
}

async function readRunEvidence(connection: RedisConnection, run: Run): Promise<RunEvidence> {
  const ids = comicsOf(run.selection).slice(0, run.total);
  const failures = [];
  for await (const { position, reason } of failedJobs(connection, run)) {
    failures.push({ id: ids[position - 1], reason });
  }
  return {
    number: run.number,
    state: run.state,
    isOver: run.endedAtMs > 0,
    total: run.total,
    report: storedReport(run),
    ids,
    failures,
  };
}

/** The comics of a selection that is one range. */
function comicsOf(selection: string): number[] {
  const [first = 1, last = 0] = selection.split('-').map(Number);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function readResults(out: string, partial: readonly string[]): ResultsEvidence {
  const folder = join(out, 'comics');
  const names = readdirSync(folder);
  const right = new Set<number>();
  const wrong: string[] = [];
  for (const name of names.filter((entry) => !entry.startsWith('.'))) {
    const id = comicOf(name);
    if (id !== undefined && isWhole(folder, name)) right.add(id);
    else wrong.push(name);
  }
  return {
    right,
    wrong,
    partial,
    temporaries: names.filter((name) => name.endsWith('.tmp')).length,
  };
}

/** The comic whose result has this name. */
export function comicOf(name: string): number | undefined {
  const match = /^([1-9]\d*)\.json$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}

/** Whether a result is the whole of what the site sends. */
export function isWhole(folder: string, name: string): boolean {
  return readFileSync(join(folder, name), 'utf8') === comicBody(comicOf(name) ?? 0);
}

async function readRedisEvidence(connection: RedisConnection): Promise<RedisEvidence> {
  const base = `${PREFIX}:comics:`;
  const keys = await connection.keys(`${base}*`);
  const lengths = await Promise.all([
    connection.llen(`${base}wait`),
    connection.llen(`${base}active`),
    connection.llen(`${base}paused`),
    connection.zcard(`${base}delayed`),
    connection.zcard(`${base}prioritized`),
  ]);
  const [waiting, active, paused, delayed, prioritized] = lengths;
  const ended = await Promise.all([
    connection.zrange(`${base}completed`, '0', '-1'),
    connection.zrange(`${base}failed`, '0', '-1'),
  ]);
  const listed = new Set(ended.flat());
  const clients = String(await connection.call('CLIENT', 'LIST')).split('\n');
  return {
    pending: { waiting, active, paused, delayed, prioritized },
    orphans: keys.filter((key) => /:r\d+\.\d+$/.test(key) && !listed.has(key.slice(base.length))),
    locks: keys.filter((key) => key.endsWith(':lock')),
    liveRuns: await connection.scard(KEYS.liveRuns),
    hasFoldJournal: (await connection.exists(KEYS.foldJournal)) === 1,
    clients: clients.filter((line) => /name=\S+/.test(line)),
  };
}

async function readProgramEvidence(stage: FaultStage): Promise<ProgramEvidence> {
  const runs = RunsDocument.parse(await stage.readCommand(['runs', '--limit', '1000']));
  const verify = VerifyDocument.parse(await stage.readCommand(['verify', '--out', stage.out]));
  const { queues } = StatusDocument.parse(await stage.readCommand(['status']));
  return {
    outcomes: Object.fromEntries(runs.runs.map(({ run, outcomes }) => [run, outcomes])),
    damaged: verify.damaged.map(({ key }) => key),
    unfinished: queues.reduce(
      (sum, { waiting, active, delayed }) => sum + waiting + active + delayed,
      0,
    ),
  };
}

/** From the end of a fault to the first whole answer that was asked for after it. */
export function goneOnAfterMs(
  { requests }: Pick<Evidence, 'requests'>,
  { toMs }: Pick<Disruption, 'toMs'>,
): number {
  const next = requests.find(
    ({ atMs, status, fault }) => atMs > toMs && status === 200 && fault === '',
  );
  return next === undefined ? Number.POSITIVE_INFINITY : next.atMs - toMs;
}
