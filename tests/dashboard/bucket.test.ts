/** The board over results in a bucket. */

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openArchive } from '../../shared/store/open-store.js';
import { S3_BUCKET, S3_CREDENTIALS, type S3rver, startS3rver } from '../support/s3rver.js';
import { comics, WorkPlace } from '../support/work-place.js';
import { type Answer, ask, type BoardUnderTest, startBoard } from './board-under-test.js';

let s3rver: S3rver;
let place: WorkPlace;
let board: BoardUnderTest;
let run: number;

beforeAll(async () => {
  for (const [variable, value] of Object.entries(S3_CREDENTIALS)) vi.stubEnv(variable, value);
  [s3rver, place] = await Promise.all([startS3rver(), WorkPlace.open()]);
  const endpoint = `http://127.0.0.1:${s3rver.port}`;
  const out = `s3://${S3_BUCKET}/here?endpoint=${endpoint}&region=us-east-1`;
  board = await startBoard(place.redis, { results: openArchive(out), sites: place.sites });
  await place.startWorker({ out });
  run = await place.enqueue({ kind: 'comic', inputs: comics(1, 12) });
  await place.report(run);
});

afterAll(async () => {
  await board.stop();
  await place.close();
  await s3rver.stop();
  vi.unstubAllEnvs();
});

async function get(path: string): Promise<Answer> {
  const answer = await ask(`${board.url}${path}`, { headers: { accept: 'text/html' } });
  return { ...answer, text: answer.text.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ') };
}

describe('results in a bucket', () => {
  it('are listed, searched and handed out', async () => {
    const { text } = await ask(`${board.url}/api/results`);
    const { results } = JSON.parse(text) as { results: { name: string; title: string }[] };
    const [first] = results;
    const found = await get(`/results?q=${encodeURIComponent(first?.title ?? '')}`);
    const file = await ask(`${board.url}/results/comics/${first?.name}.json`);

    expect(results.map(({ name }) => Number(name)).toSorted((a, b) => a - b)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    ]);
    expect(found.text).toContain(first?.title);
    expect(JSON.parse(file.text)).toMatchObject({ num: Number(first?.name) });
  });

  it('have the slowest fetches of a run on its page', async () => {
    const { text } = await get(`/runs/run-${run}`);

    expect(text).toMatch(/Slowest fetches .* comics\/\d+\.json stored 200 1 w1/);
  });

  it('are said to be out of reach, and the page of a run has the rest', async () => {
    await s3rver.stop();
    const [results, page] = await Promise.all([get('/results'), get('/runs/run-1')]);

    expect(results.status).toBe(503);
    expect(results.text).toMatch(/Cannot list s3:\/\/results\/here/);
    expect(page.status).toBe(200);
    expect(page.text).toContain('Outcomes');
  });
});
