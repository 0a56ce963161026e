import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { latestRecords } from '../../shared/store/journal.js';
import { openArchive } from '../../shared/store/open-store.js';
import { comics, WorkPlace } from '../support/work-place.js';

let place: WorkPlace;

afterEach(async () => {
  await place.close();
});

describe('a job', () => {
  it('notes in the journal what it stored, and what the site has not', async () => {
    place = await WorkPlace.open();
    await place.startWorker();

    await place.report(await place.enqueue({ kind: 'comic', inputs: comics(403, 404) }));

    const records = await latestRecords(openArchive(place.out).records());
    const known = { kind: 'comic', attempt: 1, run: 'run-1' };
    expect(records.get('comics/403.json')).toMatchObject({ ...known, outcome: 'stored' });
    expect(records.get('comics/404.json')).toMatchObject({
      ...known,
      outcome: 'missing',
      status: 404,
      bytes: 0,
      url: `${place.origin.url}/404/info.0.json`,
    });
    expect(existsSync(join(place.out, 'comics/404.json'))).toBe(false);
  });
});
