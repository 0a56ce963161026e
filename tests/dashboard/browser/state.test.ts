import { describe, expect, it } from 'vitest';
import { stateOf } from '../../../dashboard/browser/state.js';
import type { Standstill } from '../../../shared/report/standstill.js';
import { RUN, runWith, VIEW } from './view.js';

const GOING = { ...runWith({ ended: 50, state: 'sealed' }), live: true, recentPerSecond: 60 };

function stopped(why: Standstill['why'], brief: string): typeof VIEW {
  const standstill: Standstill = { why, brief, text: brief, remedy: null, endsInMs: null };
  return { ...VIEW, standstills: [standstill] };
}

describe('stateOf()', () => {
  it('is green while jobs end, and when all have', () => {
    expect(stateOf(GOING, VIEW, 0)).toEqual({ tone: 'live', text: 'running', isStale: false });
    expect(stateOf(RUN, VIEW, 0)).toMatchObject({ tone: 'good', text: 'done' });
  });

  it.each([
    ['paused by hand', GOING, stopped('paused', 'paused by hand')],
    ['no worker', GOING, stopped('no-worker', 'no worker')],
    ['stands still', { ...GOING, recentPerSecond: 0 }, VIEW],
    ['waiting', { ...GOING, report: { ...GOING.report, ended: 0 } }, VIEW],
    [
      'being cancelled',
      { ...GOING, report: { ...GOING.report, state: 'cancelled' as const } },
      VIEW,
    ],
  ] as const)('is not green while nothing moves: %s', (text, run, view) => {
    expect(stateOf(run, view, 0)).toEqual({ tone: 'warning', text, isStale: false });
  });

  it('is green where jobs move seldom, as a rate has them', () => {
    expect(stateOf(GOING, stopped('slow-rate', '6 an hour'), 0).tone).toBe('live');
  });

  it.each([
    ['cancelled', runWith({ state: 'cancelled' })],
    ['done, with failures', { ...RUN, failed: 3 }],
  ] as const)('is red at the end: %s', (text, run) => {
    expect(stateOf(run, VIEW, 0)).toMatchObject({ tone: 'bad', text });
  });

  it('is no success where most of what was asked for is missing', () => {
    const run = runWith({ outcomes: { missing: 200 } });

    expect(stateOf(run, VIEW, 0)).toMatchObject({ tone: 'warning' });
    expect(stateOf(run, VIEW, 0).text).toBe('done, most of it missing');
  });

  it('says how old the figures are while nothing new is known', () => {
    expect(stateOf(GOING, { ...VIEW, redisDownForMs: 12_000 }, 0)).toEqual({
      tone: 'warning',
      text: 'as it was 12 s ago',
      isStale: true,
    });
    expect(stateOf(RUN, VIEW, 40_000)).toMatchObject({ text: 'as it was 40 s ago', isStale: true });
  });
});
