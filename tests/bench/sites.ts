/** Origins to fetch from: all contestants of a case ask the same one. */

import { join } from 'node:path';
import { z } from 'zod';
import type { OriginInput } from '../../origin/options.js';
import type { Bench } from './bench.js';
import { startNginx } from './nginx-site.js';
import type { Site } from './site.js';

/** The first comic asked for: the selection from here on has no 404 in it. */
export const FIRST_COMIC = 1001;

/**
 * An origin whose answers take so long: nginx where one is installed that can wait, because it takes
 * the least of the machine that it shares with its clients; else the stand-in.
 */
export async function startSite(bench: Bench, latencyMs: number): Promise<Site> {
  const { nginx } = bench.tools;
  const site = nginx === undefined ? undefined : await startNginx(bench, nginx.path, latencyMs);
  return site ?? startStandIn(bench, { latencyMs });
}

/** What a reader must know of a case's origin. */
export function remarkOn({ name }: Site): string {
  return `Origin: ${name}, which shares the machine with its clients.`;
}

/** The stand-in in a process of its own, uncompressed so that all contestants get the same bytes. */
export async function startStandIn(bench: Bench, options: OriginInput): Promise<Site> {
  const process_ = bench.processes.start({
    program: process.execPath,
    args: [join(import.meta.dirname, 'origin-process.js'), JSON.stringify(options)],
    cwd: bench.scratch,
  });
  return { url: await process_.firstLine(), name: 'stand-in', stop: () => process_.end() };
}

const Stats = z.object({ byStatus: z.record(z.string(), z.number()) });

/** Answers of the stand-in so far, and refusals (429) among them. */
export async function answersOf({ url }: Site): Promise<{ all: number; refused: number }> {
  const response = await fetch(`${url}/__origin/stats`);
  const { byStatus } = Stats.parse(await response.json());
  const all = Object.values(byStatus).reduce((sum, count) => sum + count, 0);
  return { all, refused: byStatus['429'] ?? 0 };
}
