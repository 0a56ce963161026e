import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ResultPageView, searchResults } from '../../dashboard/results.js';
import { openArchive } from '../../shared/store/open-store.js';
import { comics, WorkPlace } from '../support/work-place.js';
import { type Answer, ask, type BoardUnderTest, startBoard } from './board-under-test.js';

const HOSTILE = {
  num: 99,
  title: '<script>window.hacked=1</script>',
  alt: 'tab\u0007and \u202eback',
  year: '2010',
  month: '1',
  day: '5',
};

let place: WorkPlace;
let board: BoardUnderTest;

beforeAll(async () => {
  place = await WorkPlace.open({ faults: ['403?ids=30'] });
  board = await startBoard(place.redis, { results: openArchive(place.out), sites: place.sites });
  await place.startWorker();
  await place.report(await place.enqueue({ kind: 'comic', inputs: comics(1, 80) }));
  await place.report(
    await place.enqueue({ kind: 'search', inputs: [{ term: 'Your Name' }, { term: 'KOSS' }] }),
  );
  await writeFile(join(place.out, 'comics', '99.json'), JSON.stringify(HOSTILE));
});

afterAll(async () => {
  await board.stop();
  await place.close();
});

function get(path: string): Promise<Answer> {
  return ask(`${board.url}${path}`);
}

async function results(query: string): Promise<ResultPageView> {
  return JSON.parse((await get(`/api/results${query}`)).text) as ResultPageView;
}

describe('the results', () => {
  it('are listed in order, a page at a time', async () => {
    const first = await results('');
    const second = await results(`?after=${first.next ?? ''}`);

    const names = [...first.results, ...second.results].map(({ name }) => Number(name));
    expect(names).toEqual(
      [...comics(1, 80).map((_, index) => index + 1), 99].filter((n) => n !== 30),
    );
    expect(second.next).toBeNull();
    expect(first.results[0]).toMatchObject({
      date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      link: `${place.origin.url}/1/`,
    });
  });

  it('are searched by words, wherever these stand', async () => {
    const [one] = (await results('')).results;
    const word = one?.title.split(' ')[0]?.toUpperCase() ?? '';
    const found = await results(`?q=${encodeURIComponent(`${word} ${one?.date ?? ''}`)}`);

    expect(found.results.map(({ name }) => name)).toContain('1');
    expect(await results('?q=no+such+words')).toMatchObject({ results: [], scanned: 80 });
  });

  it('are searched a page at a time', async () => {
    const first = await results('?q=-');
    const second = await results(`?q=-&after=${first.next ?? ''}`);

    const names = [...first.results, ...second.results].map(({ name }) => name);
    expect(first.results).toHaveLength(50);
    expect(second.results).toHaveLength(30);
    expect(new Set(names).size).toBe(80);
    expect(second.next).toBeNull();
  });

  it('are searched up to a limit, and from there on the next page', async () => {
    const source = { kind: 'comic', folder: 'comics', site: undefined } as const;
    const search = (after: string | undefined): Promise<ResultPageView> =>
      searchResults(openArchive(place.out), source, { words: '99', after, scannedMax: 60 });

    const first = await search(undefined);
    const second = await search(first.next);

    expect(first).toMatchObject({ results: [], next: '61.json', scanned: 60 });
    expect(second).toMatchObject({ results: [{ name: '99' }], next: undefined, scanned: 20 });
  });

  it('show markup and control characters as text', async () => {
    const { text } = await get('/results?q=2010-01-05');

    expect(text).toContain('&lt;script&gt;window.hacked=1&lt;/script&gt;');
    expect(text).toContain(String.raw`tab\u0007and \u202eback`);
    expect(text).not.toContain('<script>window');
  });

  it('list searches by their terms', async () => {
    const { results: searches } = await results('?kind=searches');

    expect(searches.map(({ name }) => name)).toEqual(['KOSS', 'Your Name']);
  });

  it('are handed out byte for byte, to be saved', async () => {
    const answer = await get('/results/comics/7.json');
    const sent = await fetch(`${place.origin.url}/7/info.0.json`);

    expect(answer.text).toBe(await sent.text());
    expect(answer.headers['content-disposition']).toBe('attachment; filename=7.json');
  });

  it.each([
    '/results/comics/12345.json',
    '/results/comics/..%2f..%2f..%2fetc%2fpasswd',
    '/results/journal/w1.jsonl',
    '/results/comics/.hidden',
    '/results/comics/7.json%00',
  ])('%s is not one', async (path) => {
    expect((await get(path)).status).toBe(404);
  });
});
