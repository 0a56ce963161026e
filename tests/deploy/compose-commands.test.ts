/** Every command line of the compose file, run outside containers. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { OutsideContainers } from './outside-containers.js';

/** Six processes start here, some one after the other: slow where the machine is busy. */
const STORY = { timeout: 120_000 };

let compose: OutsideContainers;

beforeAll(async () => {
  compose = await OutsideContainers.open();
  compose.start('redis');
  await compose.untilHealthy('redis');
});

afterAll(async () => {
  await compose.close();
});

test('the demo fetches 200 comics from the stand-in site', STORY, async () => {
  compose.start('origin');
  compose.start('dashboard');
  await Promise.all([compose.untilHealthy('origin'), compose.untilHealthy('dashboard')]);
  compose.start('demo-worker');
  await compose.untilHealthy('demo-worker');

  const demo = await compose.run('demo');

  expect(demo).toMatchObject({ code: 0 });
  expect(await compose.kept('demo/comics')).toHaveLength(200);
});

test('the worker works what the producer asks for', STORY, async () => {
  await compose.stop('demo-worker');
  const sites = {
    COMIC_QUEUE_COMIC_URL: `${compose.siteUrl}/{id}/info.0.json`,
    COMIC_QUEUE_COMIC_LATEST_URL: `${compose.siteUrl}/info.0.json`,
  };
  compose.start('worker', sites);

  const producer = await compose.run('producer', sites);

  expect(producer).toMatchObject({ code: 0 });
  expect(await compose.kept('comics')).toHaveLength(200);
});

test('every service ends well when it is stopped, and has written nothing but results', async () => {
  const ended = await Promise.all(
    ['worker', 'dashboard', 'origin', 'redis'].map(async (name) => compose.stop(name)),
  );

  expect(ended.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  expect(await compose.strays()).toEqual([]);
});
