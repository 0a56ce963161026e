/** A worker with a store of its own: the only door by which results are written. */

import { kindOf } from '../shared/kinds/kinds.js';
import { openStore, type StoreOptions } from '../shared/store/open-store.js';
import { createWorker, type WorkerOptions, type WorkerService } from './worker.js';

export interface OpenWorkerOptions extends Omit<WorkerOptions, 'store'> {
  readonly durability: StoreOptions['durability'];
}

/**
 * Opens the store that `out` names and makes a worker that keeps its results there. `stop` closes
 * the store last.
 *
 * @throws CommandError: cannotWrite; badConfig when the directory was filled from other sites.
 */
export async function openWorker({
  durability,
  ...options
}: OpenWorkerOptions): Promise<WorkerService> {
  const store = await openStore(options.out, {
    worker: options.id,
    durability,
    sites: folderSites(options),
  });
  const worker = createWorker({ ...options, store });
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await worker.stop();
    await store.close();
  };
  return { ...worker, stop: () => (stopping ??= stop()) };
}

/** URL template of the site that fills each folder of results. */
export function folderSites({
  lanes,
  sites,
}: Pick<WorkerOptions, 'lanes' | 'sites'>): Readonly<Record<string, string>> {
  const kinds = new Set([...lanes.keys()].map(({ kind }) => kind));
  const entries = [...kinds].flatMap((kind) => {
    const site = sites[kind];
    return site === undefined ? [] : [[kindOf(kind).plural, site.url] as const];
  });
  return Object.fromEntries(entries);
}
