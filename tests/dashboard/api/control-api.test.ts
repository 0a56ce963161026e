import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../../shared/base/logger.js';
import { readQueuePause } from '../../../shared/queues/queue-state.js';
import { queueOf } from '../../../shared/queues/queue.js';
import { readSiteState } from '../../../shared/queues/site-state.js';
import { requireRun } from '../../../shared/runs/run-store.js';
import { comics, WorkPlace } from '../../support/work-place.js';
import {
  type Answer,
  ask,
  type BoardUnderTest,
  controls,
  FROM_THE_BOARD,
  startBoard,
} from '../board-under-test.js';

const PASSWORD = 'secret';
const COMICS = queueOf('comic', false);

let place: WorkPlace;
let board: BoardUnderTest;
let logged: string;

beforeAll(async () => {
  place = await WorkPlace.open({ faults: ['403?ids=3'] });
  const logger = createLogger('info', (line) => {
    logged += line;
  });
  board = await startBoard(place.redis, {
    controls: controls(place.redis),
    password: PASSWORD,
    logger,
  });
  await place.startWorker();
  await place.report(await place.enqueue({ kind: 'comic', inputs: comics(1, 5) }));
});

beforeEach(() => {
  logged = '';
});

afterAll(async () => {
  await board.stop();
  await place.close();
});

function headers(user = 'ada'): Record<string, string> {
  const token = Buffer.from(`${user}:${PASSWORD}`).toString('base64');
  return { authorization: `Basic ${token}` };
}

async function control(body: object): Promise<Answer & { readonly body: { run?: number } }> {
  const answer = await ask(`${board.url}/api/controls`, {
    method: 'POST',
    headers: { ...headers(), ...FROM_THE_BOARD, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { ...answer, body: JSON.parse(answer.text) };
}

describe('the controls', () => {
  it('pause and resume a queue, and are logged with who asked', async () => {
    const paused = await control({ action: 'pause', queue: 'comics' });
    const during = await readQueuePause(place.connection, COMICS);
    const resumed = await control({ action: 'resume', queue: 'comics' });

    expect([paused.status, resumed.status]).toEqual([200, 200]);
    expect(during?.by).toBe('person');
    expect(await readQueuePause(place.connection, COMICS)).toBeUndefined();
    expect(JSON.parse(logged.split('\n')[0] ?? '')).toMatchObject({
      action: 'pause',
      queue: 'comics',
      by: 'ada',
      address: expect.stringContaining('127.0.0.1'),
      msg: expect.stringMatching(/^comics is paused.* Asked for by ada at .*127\.0\.0\.1\.$/),
      time: expect.anything(),
    });
  });

  it('set a rate and take it away', async () => {
    await control({ action: 'rate', kind: 'comics', rate: '20/s' });
    const set = await readSiteState(place.connection, 'comic');
    await control({ action: 'rate', kind: 'comics', rate: 'off' });

    expect(set.intervalMs).toBe(50);
    expect((await readSiteState(place.connection, 'comic')).intervalMs).toBeUndefined();
  });

  it('make a run of what failed, which its page links with the first', async () => {
    const { body } = await control({ action: 'retry', run: 1 });
    const retried = body.run ?? 0;
    await place.report(retried);
    const page = await ask(`${board.url}/runs/1`, { headers: headers() });

    expect((await requireRun(place.connection, retried)).retryOf).toBe(1);
    expect(page.text.replaceAll(/<[^>]+>|\s+/g, ' ')).toMatch(
      /1 failed;\s+run-2\s+tried it, and it failed again\./,
    );
    expect(page.text).toContain(`runs/run-${retried}`);
  });

  it('cancel a run', async () => {
    const sleeps = Array.from({ length: 50 }, () => ({ seconds: 2 }));
    const number = await place.enqueue({ kind: 'sleep', inputs: sleeps });
    const page = await ask(`${board.url}/runs/${number}`, { headers: headers() });
    const { status, text } = await control({ action: 'cancel', run: number });

    expect(page.text).toMatch(/data-control="[^"]*cancel/);
    expect(status).toBe(200);
    expect(text).toContain(`run-${number} is cancelled`);
    expect((await requireRun(place.connection, number)).state).toBe('cancelled');
    await place.report(number);
    const after = await ask(`${board.url}/runs/${number}`, { headers: headers() });
    expect(after.text).toContain('class="cancelled"');
    expect(after.text).not.toContain('failed because of');
  });

  it.each([
    [{ action: 'pause', queue: 'nothing' }, 400, 'There is no queue'],
    [{ action: 'retry', run: 999 }, 404, 'run-999'],
    [{ action: 'rate', kind: 'comics', rate: 'fast' }, 400, 'Cannot read the rate'],
    [{ action: 'obliterate', queue: 'comics' }, 400, 'Cannot read what'],
  ])('refuse %o', async (body, status, text) => {
    const answer = await control(body);

    expect(answer.status).toBe(status);
    expect(answer.text).toContain(text);
    expect(logged).not.toContain('"action"');
  });
});

describe('a read-only board', () => {
  it('has no controls', async () => {
    const readOnly = await startBoard(place.redis);
    const page = await ask(`${readOnly.url}/workers`);
    const answer = await ask(`${readOnly.url}/api/controls`, {
      method: 'POST',
      headers: { ...FROM_THE_BOARD, 'content-type': 'application/json' },
      body: JSON.stringify({ action: 'pause', queue: 'comics' }),
    });
    await readOnly.stop();

    expect(page.text).not.toContain('data-control');
    expect(answer.status).toBe(405);
    expect(answer.text).toContain('--writable');
  });
});
