import { describe, expect, it } from 'vitest';
import type { Notice } from '../../../dashboard/api/notice.js';
import { noticesOf } from '../../../dashboard/browser/notices.js';
import { VIEW } from './view.js';

const SEEN = { away: false, picked: false };

const PAUSED: Notice = { tone: 'warning', text: 'comics is paused by hand.' };

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

  it('says what the board says, and nothing of a run that went well', () => {
    expect(noticesOf(VIEW, SEEN)).toEqual([]);
    expect(noticesOf({ ...VIEW, notices: [PAUSED] }, SEEN)).toEqual([PAUSED]);
  });

  it('says that the server is away, and nothing else', () => {
    const view = { ...VIEW, redisDownForMs: 5, notices: [PAUSED] };

    expect(noticesOf(view, { away: true, picked: false })).toEqual([
      { tone: 'bad', text: 'The board’s server does not answer. Trying again.' },
    ]);
  });

  it('says that Redis is away before what was last seen', () => {
    const view = { ...VIEW, redisDownForMs: 12_000, notices: [PAUSED] };

    expect(noticesOf(view, SEEN).map(({ text }) => text)).toEqual([
      'Redis has not answered for 12 s. These are the last figures seen. The board goes on by itself.',
      PAUSED.text,
    ]);
  });
});
