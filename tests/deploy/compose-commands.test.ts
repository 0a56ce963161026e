/** Every command line of the compose file, run outside containers. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { composeCommands } from './compose-file.js';
import { LocalDeployment } from './local-deployment.js';

/** Six processes start here, some one after the other: slow where the machine is busy. */
const STORY = { timeout: 120_000 };

let compose: LocalDeployment;

beforeAll(async () => {
  compose = await LocalDeployment.open(await composeCommands());
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
  compose.start('worker', compose.siteVariables);

  const producer = await compose.run('producer', compose.siteVariables);

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
