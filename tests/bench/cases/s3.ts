/** Results in S3: the queue against a loop with the same SDK. */

import { join } from 'node:path';
import { type S3rver, S3_BUCKET, S3_CREDENTIALS, startS3rver } from '../../support/s3rver.js';
import { inDirectory, sized, type Bench, type BenchCase } from '../bench.js';
import type { Figures } from '../figures.js';
import { interleave, type Contestant } from '../interleaving.js';
import { saidSeconds, type PeerTask } from '../peers/peer.js';
import type { Site } from '../site.js';
import { FIRST_COMIC, remarkOn, startSite } from '../sites.js';
import { pairedRatios } from '../statistics.js';
import { speedOf, workOneRun } from '../subject.js';

const OWN = 'comic-queue';
const LOOP = 'got + p-limit + SDK loop';
const CONCURRENCY = 50;
const UNIT = 'comics/s';

export const s3: BenchCase = {
  name: 's3',
  title: 'Comics from an origin that answers at once into a bucket, 50 at a time, one process',
  method:
    'The bucket is that of s3rver, one process on the same machine. The loop puts each comic with one request and keeps no facts; the worker asks first whether there is a result, and puts it with its facts under a condition.',
  measure: async (bench) => {
    const comics = sized(bench, 5000, 50);
    const site = await startSite(bench, 0);
    try {
      const server = await startS3rver();
      try {
        return await compare(bench, { site, server, comics });
      } finally {
        await server.stop();
      }
    } finally {
      await site.stop();
    }
  },
};

interface Parts {
  readonly site: Site;
  readonly server: S3rver;
  readonly comics: number;
}

async function compare(bench: Bench, parts: Parts): Promise<Figures> {
  Object.assign(process.env, S3_CREDENTIALS);
  const values = await interleave(bench, bench.repeat, [own(bench, parts), loop(bench, parts)]);
  const ratios = pairedRatios(values.get(OWN) ?? [], values.get(LOOP) ?? []);
  return {
    contest: true,
    series: [...values].map(([contestant, its]) => ({ contestant, unit: UNIT, values: its })),
    goals: [{ what: 'S3: against a loop with the SDK', unit: '×', values: ratios }],
    missing: [],
    remarks: [`${parts.comics} comics.`, remarkOn(parts.site)],
  };
}

function own(bench: Bench, { site, server, comics }: Parts): Contestant {
  let pass = 0;
  const jobs = ['comics', `${FIRST_COMIC}-${FIRST_COMIC + comics - 1}`];
  const measure = async () => {
    pass += 1;
    const out = locationOf(server, `own-${pass}`);
    const worker = ['--kinds', 'comics', '-c', String(CONCURRENCY), '--out', out];
    return speedOf(await workOneRun(bench, { site: site.url }, { jobs, worker }));
  };
  return { name: OWN, measure };
}

function loop(bench: Bench, { site, server, comics }: Parts): Contestant {
  const measure = async () =>
    inDirectory(bench, async (directory) => {
      const task: PeerTask = {
        site: site.url,
        first: FIRST_COMIC,
        count: comics,
        concurrency: CONCURRENCY,
        out: directory,
      };
      const program = join(import.meta.dirname, '../peers/s3-loop-process.js');
      const { stdout } = await bench.processes.run({
        program: process.execPath,
        args: [program, JSON.stringify(task), locationOf(server, 'loop')],
        cwd: directory,
      });
      return comics / saidSeconds(stdout);
    });
  return { name: LOOP, measure };
}

function locationOf({ port }: S3rver, prefix: string): string {
  return `s3://${S3_BUCKET}/${prefix}?endpoint=http://127.0.0.1:${port}&region=us-east-1`;
}
