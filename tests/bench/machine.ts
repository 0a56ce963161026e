/** What machine it was, as far as numbers depend on it. */

import { execFile } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { promisify } from 'node:util';
import type { Tool, Tools } from './tools.js';

const run = promisify(execFile);

const LINE_LENGTH_MAX = 70;

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  /** Of the directory that results and Redis write to. */
  readonly filesystem: string;
  /** Load average of the last minute as the run began: above 0.5 the numbers are disturbed. */
  readonly loadAtStart: number;
  readonly node: string;
  /** First lines of what the programs say of their version; absent for those that are missing. */
  readonly programs: Readonly<Record<string, string>>;
}

/** Asks the machine. */
export async function describeMachine(scratch: string, tools: Tools): Promise<Machine> {
  const filesystem = await lineOf(1, 'df', ['--output=fstype', scratch]);
  const programs = await Promise.all(
    Object.entries<Tool | undefined>({ ...tools }).map(async ([name, tool]) =>
      tool === undefined ? [] : [[name, await lineOf(0, tool.path, tool.versionArgs)] as const],
    ),
  );
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    filesystem: filesystem || 'unknown',
    loadAtStart: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    node: process.version,
    programs: Object.fromEntries(programs.flat()),
  };
}

export function machineLines(machine: Machine): string[] {
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB`,
    `${machine.system}, file system ${machine.filesystem}, load ${machine.loadAtStart} as it began`,
    `Node ${machine.node}`,
    ...Object.entries(machine.programs).map(([name, version]) => `${name}: ${version}`),
  ];
}

/** A line of what a program says; empty where it cannot be run. nginx says its version on stderr. */
async function lineOf(line: number, program: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout, stderr } = await run(program, args);
    const said = stdout.trim() === '' ? stderr : stdout;
    return said.trim().split('\n')[line]?.slice(0, LINE_LENGTH_MAX) ?? '';
  } catch {
    return '';
  }
}
