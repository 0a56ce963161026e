import { describe, expect, it } from 'vitest';
import type { PanelView } from '../../../dashboard/api/panel-view.js';
import type { QueueState } from '../../../shared/queues/queue-state.js';
import { noticesOf } from '../../../dashboard/browser/notices.js';
import { RUN, runWith, VIEW } from './view.js';

const SEEN = { away: false, picked: false };

function texts(changes: Partial<PanelView>): string[] {
  return noticesOf({ ...VIEW, ...changes }, SEEN).map(({ text, command }) =>
    command === undefined ? text : `${text} [${command}]`,
  );
}

function queue(changes: Partial<QueueState>): Partial<PanelView> {
  return VIEW.queue === null ? {} : { queue: { ...VIEW.queue, ...changes } };
}

const live = { ...runWith({ ended: 50 }), live: true };

describe('noticesOf()', () => {
  it('says at a run that was picked that a newer one goes on', () => {
    const choices = [
      { run: 9, title: 'run-9 · 5 comics · live', live: true },
      { run: 7, title: 'run-7', live: false },
    ];
    const picked = { away: false, picked: true };

    expect(noticesOf({ ...VIEW, choices }, picked)).toMatchObject([{ tone: 'hint', run: 9 }]);
    expect(noticesOf({ ...VIEW, choices }, SEEN)).toEqual([]);
    expect(noticesOf({ ...VIEW, choices: choices.slice(1) }, picked)).toEqual([]);
  });

  it('has nothing to say of a run that went well', () => {
    expect(texts({})).toEqual([]);
  });

  it('says that the server is away, and nothing else', () => {
    expect(noticesOf({ ...VIEW, redisDownForMs: 5 }, { away: true, picked: false })).toEqual([
      { tone: 'bad', text: 'The board’s server does not answer. Trying again.' },
    ]);
  });

  it.each([
    [
      'Redis has not answered for 12 s. These are the last figures seen. The board goes on by itself.',
      { redisDownForMs: 12_000 },
    ],
    [
      'No worker is connected to comics; 150 jobs are left. [npx comic-queue work]',
      { run: live, workers: [] },
    ],
    [
      'comics is paused. [npx comic-queue resume comics]',
      queue({ pause: { by: 'person', reason: 'paused', leftMs: undefined } }),
    ],
    [
      'The site asked to be left alone (throttled): comics goes on in 2 min 05 s.',
      queue({ pause: { by: 'site', reason: 'throttled', leftMs: 125_000 } }),
    ],
    [
      'The site does not answer (connection): comics waits. One job asks it again in 12 s.',
      queue({ pause: { by: 'outage', reason: 'connection', leftMs: 12_000 } }),
    ],
    [
      'w1: the disk is full',
      {
        workers: [
          { name: 'w1', host: 'h', concurrency: 1, active: 0, trouble: 'the disk is full' },
        ],
      },
    ],
    [
      'run-7 lost its producer half way. [npx comic-queue enqueue --resume run-7]',
      { run: runWith({ state: 'abandoned' }) },
    ],
    [
      'The workers of comics do not share.',
      { storeSplits: ['The workers of comics do not share.'] },
    ],
    ['run-7 was cancelled.', { run: { ...runWith({ state: 'cancelled' }), failed: 9 } }],
    [
      '20 of 200 failed: forbidden 12, timeout 5, tls 2, and others. [npx comic-queue failed run-7]',
      {
        run: {
          ...runWith({ reasons: { stored: 180, dns: 1, tls: 2, timeout: 5, forbidden: 12 } }),
          failed: 20,
        },
      },
    ],
    [
      'This baseline is disturbed (its worker changed) and compared with nothing.',
      { run: runWith({ baseline: true, disturbed: 'its worker changed' }) },
    ],
    [
      'There is no run of one job at a time to compare with. To get one: [npx comic-queue enqueue comics 1-200 --baseline]',
      { run: runWith({ comparison: null }) },
    ],
    [
      'There is no run of one job at a time to compare with. To get one: [npx comic-queue enqueue comics --input FILE --baseline]',
      { run: runWith({ comparison: null, selection: '$(rm -rf ~)' }) },
    ],
  ])('says %j', (text, changes) => {
    expect(texts(changes)).toEqual([text]);
  });

  it('names a paused queue of runs', () => {
    expect(texts({ trackersPaused: true })).toEqual([
      'The queue of runs is paused: no run ends. [npx comic-queue resume runs]',
    ]);
  });

  it('names each queue on which jobs wait and none starts', () => {
    const { queue: starving } = queue({ waiting: 150, starvedForMs: 125_000 });

    expect(
      texts({ starved: starving === undefined || starving === null ? [] : [starving] }),
    ).toEqual([
      'comics: 150 jobs wait, and none has started for 2 min 05 s. [npx comic-queue work]',
    ]);
    expect(RUN.live).toBe(false);
  });
});
