/** The id of a job says which run it belongs to, and where in it. */

export interface JobPlace {
  readonly run: number;
  /** From 1. */
  readonly position: number;
}

/**
 * `r7.123`. Short, because the id is part of a job's options, and a field of more than 64 bytes
 * triples what a waiting job costs (measured).
 */
export function jobId({ run, position }: JobPlace): string {
  return `${jobIdPrefix(run)}${position}`;
}

/** How the ids of a run's jobs begin, and those of no other: `r7.`. */
export function jobIdPrefix(run: number): string {
  return `r${run}.`;
}

const JOB_ID = /^r(\d{1,12})\.(\d{1,12})$/;

/** Reads an id; undefined for a job that no run of ours added. */
export function parseJobId(id: string): JobPlace | undefined {
  const match = JOB_ID.exec(id);
  return match === null ? undefined : { run: Number(match[1]), position: Number(match[2]) };
}

/** `run-7`, as people see and type it. */
export function runName(run: number): string {
  return `run-${run}`;
}

/** Reads `run-7` or `7`. */
export function parseRunName(text: string): number | undefined {
  const match = /^(?:run-)?([1-9]\d{0,11})$/.exec(text);
  return match === null ? undefined : Number(match[1]);
}
