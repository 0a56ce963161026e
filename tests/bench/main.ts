/** `npm run bench`: measures this project against what people would use instead. */

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Bench, BenchCase } from './bench.js';
import { CASES } from './case-list.js';
import { describeMachine } from './machine.js';
import { Processes } from './processes.js';
import { programOf, PROJECT } from './project.js';
import { caseReport, failedCase, type BenchReport, type CaseReport } from './report.js';
import { readRequest, USAGE, type BenchRequest } from './request.js';
import { markdownOf, textOf } from './tables.js';
import { findTools } from './tools.js';

const RESULTS = join(PROJECT, 'tests/bench/results');

/** A text that goes behind the tables: what a profile of the hot path shows. */
const PROFILE = join(PROJECT, 'tests/bench/profile.md');

const processes = new Processes();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void processes.endAll().then(() => process.exit(1)));
}
process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const request = requestOf(args);
  if (typeof request === 'string') {
    process.stderr.write(`${request}\n\n${USAGE}`);
    return 2;
  }
  const scratch = await mkdtemp(join(tmpdir(), 'cq-bench-'));
  try {
    const report = await measureAll(request, scratch);
    await write(report, directoryOf(request));
    process.stdout.write(request.json ? `${JSON.stringify(report)}\n` : textOf(report));
    return report.cases.some(({ error }) => error !== undefined) ? 1 : 0;
  } finally {
    await processes.endAll();
    await rm(scratch, { recursive: true, force: true });
  }
}

function requestOf(args: readonly string[]): BenchRequest | string {
  try {
    return readRequest(
      args,
      CASES.map(({ name }) => name),
    );
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function measureAll(request: BenchRequest, scratch: string): Promise<BenchReport> {
  const note = (line: string): void => void process.stderr.write(`${line}\n`);
  const { quick, repeat, only } = request;
  const against = request.against && programOf(resolve(request.against));
  const tools = await findTools(note);
  const machine = await describeMachine(scratch, tools);
  const startedAt = new Date().toISOString();
  const cases: CaseReport[] = [];
  for (const one of CASES) {
    if (only.length > 0 && !only.includes(one.name)) continue;
    cases.push(await measureCase(one, { quick, repeat, against, tools, processes, scratch, note }));
  }
  return { startedAt, quick, repeat, machine, cases };
}

/** A case that fails is reported as such and keeps no other from being measured. */
async function measureCase(one: BenchCase, bench: Bench): Promise<CaseReport> {
  bench.note(`${one.name}: ${one.title}`);
  const { name, title, method } = one;
  const sinceMs = performance.now();
  const about = () => ({
    name,
    title,
    method,
    seconds: Math.round((performance.now() - sinceMs) / 1000),
  });
  try {
    const figures = await one.measure(bench);
    return caseReport(about(), figures);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    bench.note(`  failed: ${why}`);
    await processes.endAll();
    return failedCase(about(), why);
  }
}

function directoryOf({ out, quick, only }: BenchRequest): string {
  if (out !== undefined) return resolve(out);
  return quick || only.length > 0 ? join(RESULTS, 'local') : RESULTS;
}

async function write(report: BenchReport, directory: string): Promise<void> {
  const profile = await readFile(PROFILE, 'utf8').catch(() => '');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'latest.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(join(directory, 'latest.md'), markdownOf(report, profile));
}
