/** Which page this is, and what the panel shows there. */

export interface Page {
  /** The queue whose runs are shown; undefined for all. */
  readonly queue: string | undefined;
  /** The run that this page is about; undefined for the newest. */
  readonly run: number | undefined;
}

const RUNS_QUEUE = 'runs';

/** The overview, a queue's page and a run's own pages show the panel; undefined on all others. */
export function pageOf(path: string): Page | undefined {
  if (path === '/') return { queue: undefined, run: undefined };
  const own = /^\/runs\/(?:run-)?(\d{1,12})$/.exec(path)?.[1];
  if (own !== undefined) return { queue: undefined, run: Number(own) };
  const [, queue, job, ...more] = /^\/queue\/([^/]+)(?:\/([^/]+))?(\/.*)?$/.exec(path) ?? [];
  if (queue === undefined || more.some((part) => part !== undefined)) return undefined;
  if (job === undefined) {
    return { queue: queue === RUNS_QUEUE ? undefined : queue, run: undefined };
  }
  const run = /^run-(\d{1,12})$/.exec(job)?.[1];
  return queue === RUNS_QUEUE && run !== undefined
    ? { queue: undefined, run: Number(run) }
    : undefined;
}
