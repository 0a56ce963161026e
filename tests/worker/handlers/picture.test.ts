import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { OriginInput } from '../../../origin/options.js';
import { createLogger } from '../../../shared/base/logger.js';
import { KINDS } from '../../../shared/kinds/kinds.js';
import { pauseSite, readSiteState } from '../../../shared/queues/site-state.js';
import type { Report } from '../../../shared/report/report.js';
import { latestRecords } from '../../../shared/store/journal.js';
import { openArchive } from '../../../shared/store/open-store.js';
import { handler } from '../../../worker/handlers/picture.js';
import type { HandlerContext } from '../../../worker/handlers/handler.js';
import { until } from '../../support/condition.js';
import { comics, WorkPlace } from '../../support/work-place.js';

const TEXT = { title: 'Kettle', safe_title: 'Kettle', alt: '', transcript: '' };
const RECORD = { num: 7, ...TEXT, year: '2026', month: '1', day: '1' };

let place: WorkPlace;
const opened: WorkPlace[] = [];

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function openPlace(origin: OriginInput = {}): Promise<void> {
  place = await WorkPlace.open(origin);
  opened.push(place);
}

async function open(origin: OriginInput = {}): Promise<void> {
  await openPlace(origin);
  await place.startWorker();
}

async function pictures(ids: readonly number[], more: { refetch?: boolean } = {}): Promise<Report> {
  const inputs = ids.map((id) => ({ id }));
  return place.report(await place.enqueue({ kind: 'picture', inputs, ...more }));
}

/** The paths that the site was asked for. */
async function asked(): Promise<string[]> {
  const response = await fetch(`${place.origin.url}/__origin/requests`);
  const { requests } = (await response.json()) as { requests: { path: string }[] };
  return requests.map(({ path }) => path);
}

function widthOf(file: string): Promise<number> {
  return readFile(join(place.out, 'pictures', file)).then((body) => body.readUInt32BE(16));
}

describe('a picture', () => {
  it('is stored under the number of its comic, with the extension of its content', async () => {
    await open();

    // A JPEG, a GIF, a JPEG that is called PNG, a folder, a page, and a comic that there is not.
    const report = await pictures([1, 3, 7, 14, 21, 23, 404]);

    expect(report).toMatchObject({
      outcomes: { stored: 5, missing: 2 },
      reasons: { stored: 5, 'no-picture': 1, 'not-found': 1 },
    });
    expect((await readdir(join(place.out, 'pictures'))).toSorted()).toEqual([
      '1.png',
      '14.jpg',
      '21.png',
      '3.jpg',
      '7.gif',
    ]);
    const records = await latestRecords(openArchive(place.out).records());
    const body = await readFile(join(place.out, 'pictures/1.png'));
    expect(records.get('pictures/1.png')).toMatchObject({
      kind: 'picture',
      outcome: 'stored',
      bytes: body.length,
      sha256: createHash('sha256').update(body).digest('hex'),
      url: expect.stringMatching(/\/comics\/.*_1\.png$/),
    });
    expect(records.get('comics/1.json')).toMatchObject({ kind: 'comic', outcome: 'stored' });
    expect(records.get('comics/404.json')).toMatchObject({ kind: 'comic', outcome: 'missing' });
  });

  it('is fetched in twice the size where there is one', async () => {
    await open();

    // Number 1114 has none, and 8 is too old to be asked for one.
    await pictures([8, 1100, 1114]);

    expect(await Promise.all(['8.png', '1100.png', '1114.png'].map(widthOf))).toEqual([
      96, 192, 96,
    ]);
    expect((await asked()).filter((path) => path.includes('_2x'))).toHaveLength(2);
  });

  it('and its record are fetched once, whichever run came first', async () => {
    await open();
    await place.report(await place.enqueue({ kind: 'comic', inputs: comics(1, 3) }));

    await pictures([1, 2, 3, 4, 23]);
    const again = await pictures([1, 2, 3, 4, 23]);
    const after = await place.report(await place.enqueue({ kind: 'comic', inputs: comics(4, 4) }));

    expect(again.reasons).toEqual({ kept: 4, 'no-picture': 1 });
    expect(after.outcomes).toEqual({ kept: 1 });
    const paths = await asked();
    expect(new Set(paths).size).toBe(paths.length);
  });

  it('is fetched again with its record where that is asked for', async () => {
    await open();
    await pictures([7]);

    const report = await pictures([7], { refetch: true });

    expect(report.outcomes).toEqual({ stored: 1 });
    const paths = await asked();
    expect(paths).toHaveLength(4);
    expect(new Set(paths).size).toBe(2);
  });

  it('takes the place of the one that was of another type before', async () => {
    await open();
    await pictures([1, 3]);
    const folder = join(place.out, 'pictures');
    await writeFile(join(folder, '3.png'), await readFile(join(folder, '1.png')));

    await pictures([1, 3], { refetch: true });

    expect((await readdir(folder)).toSorted()).toEqual(['1.png', '3.jpg']);
    const records = await latestRecords(openArchive(place.out).records());
    expect(records.get('pictures/3.png')).toMatchObject({ outcome: 'missing', bytes: 0 });
  });

  it('is found by a new record where the kept one has come to harm', async () => {
    await open();
    await place.report(await place.enqueue({ kind: 'comic', inputs: comics(1, 1) }));
    await writeFile(join(place.out, 'comics/1.json'), 'half a rec');

    expect((await pictures([1])).outcomes).toEqual({ stored: 1 });
  });

  it('of the real site is not asked for by the record of a stand-in', async () => {
    await openPlace();
    const url = KINDS.picture.site?.defaultUrl ?? '';
    const lines: string[] = [];
    const logger = createLogger('info', (line) => lines.push(line));
    await place.startWorker({ sites: { ...place.sites, picture: { url } }, logger });

    await place.enqueue({ kind: 'picture', inputs: comics(1, 1), site: url });
    await until('the worker leaves it', () =>
      lines.some((line) =>
        line.includes('set both COMIC_QUEUE_PICTURE_URL and COMIC_QUEUE_COMIC_URL'),
      ),
    );

    expect(await asked()).toEqual([]);
  });

  it('of another host than the site is refused', async () => {
    const record = JSON.stringify({ ...RECORD, img: 'https://other.invalid/comics/a.png' });
    const context: HandlerContext<{ id: number }> = {
      signal: new AbortController().signal,
      isKept: ({ folder }) => Promise.resolve(folder === 'comics'),
      read: () => Promise.resolve(Buffer.from(record)),
      fetch: () => Promise.reject(new Error('asked')),
      fileOf: () => undefined,
      fetchFile: () => Promise.reject(new Error('asked')),
      store: () => Promise.resolve(),
      discard: () => Promise.resolve(),
      noteMissing: () => Promise.resolve(),
      ofRecords: () => context,
    };

    await expect(handler({ id: 7 }, context)).rejects.toMatchObject({ reason: 'other-host' });
  });

  it.each([
    ['html200?only=pictures', 'invalid', 'not-picture'],
    ['empty?only=pictures', 'invalid', 'empty-body'],
    ['endless?only=pictures', 'refused', 'too-large'],
    ['other-num', 'invalid', 'other-number'],
    ['404?only=pictures', 'missing', 'not-found'],
  ])('with the fault %s ends as %s, %s, and nothing is stored', async (fault, outcome, reason) => {
    await open({ faults: [fault] });

    const report = await pictures([1100]);

    expect(report).toMatchObject({ outcomes: { [outcome]: 1 }, reasons: { [reason]: 1 } });
    expect(await readdir(place.out)).not.toContain('pictures');
  });
});

describe('pictures and the site of their records', () => {
  it('wait together when that asks to be left alone', async () => {
    await open({ faults: ['429?only=comics&first=1&retry-after=1'] });

    const run = await place.enqueue({ kind: 'picture', inputs: comics(8, 8) });
    await until('both are paused', async () => {
      const states = await Promise.all(
        (['comic', 'picture'] as const).map((kind) => readSiteState(place.connection, kind)),
      );
      return states.every(({ pauseReason }) => pauseReason === 'throttled');
    });
    const report = await place.report(run);

    expect(report).toMatchObject({ outcomes: { stored: 1 }, retries: { throttled: 1 } });
    expect(await asked()).toHaveLength(3);
  });

  it('wait for a pause that others were asked for, without asking', async () => {
    await open();
    const refusal = { reason: 'robot-page', retryAfterMs: 1500, firstPauseMs: 1, pauseMaxMs: 1 };
    await pauseSite(place.connection, 'comic', refusal);

    const run = await place.enqueue({ kind: 'picture', inputs: comics(8, 30) });
    await until('the pictures are paused', async () => {
      const { pauseReason } = await readSiteState(place.connection, 'picture');
      return pauseReason === 'robot-page';
    });
    const before = await asked();
    const report = await place.report(run);

    expect(before).toEqual([]);
    expect(report.outcomes).toEqual({ stored: 22, missing: 1 });
  });

  it('leave each other alone otherwise', async () => {
    await open({ faults: ['429?only=pictures&first=1&retry-after=60'] });

    await place.enqueue({ kind: 'picture', inputs: comics(8, 8) });
    await until('the pictures are paused', async () => {
      const { pausedForMs } = await readSiteState(place.connection, 'picture');
      return pausedForMs > 0;
    });
    const report = await place.report(await place.enqueue({ kind: 'comic', inputs: comics(1, 5) }));

    expect(report.outcomes).toEqual({ stored: 5 });
  });
});
