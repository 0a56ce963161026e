/** Which page this is, and what the panel shows there. */

export interface Page {
  /** The queue whose runs are shown; undefined for all. */
  readonly queue: string | undefined;
  /** The run that this page is about; undefined for the newest. */
  readonly run: number | undefined;
  /** Whether the panel is one line high there: the page is about jobs, which must be in sight. */
  readonly brief: boolean;
}

const RUNS_QUEUE = 'runs';

/** Queues whose jobs belong to no one queue of runs: there the newest of all runs is shown. */
const OF_ALL: ReadonlySet<string> = new Set([RUNS_QUEUE, 'watches']);

/** What the panel shows at a path: undefined where there is none. */
export function pageOf(path: string): Page | undefined {
  if (path === '/') return { queue: undefined, run: undefined, brief: false };
  const own = /^\/runs\/(?:run-)?(\d{1,12})$/.exec(path)?.[1];
  if (own !== undefined) return { queue: undefined, run: Number(own), brief: false };
  const [, queue, job] = /^\/queue\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
  if (queue === undefined) return undefined;
  if (job === undefined) {
    return { queue: OF_ALL.has(queue) ? undefined : queue, run: undefined, brief: true };
  }
  const run = (queue === RUNS_QUEUE ? /^run-(\d{1,12})$/ : /^r(\d{1,12})\.\d+$/).exec(job)?.[1];
  return run === undefined ? undefined : { queue: undefined, run: Number(run), brief: true };
}
