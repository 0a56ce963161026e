import { afterEach, describe, expect, it } from 'vitest';
import {
  proposed,
  proposedWith,
  setInvocation,
  unbreakable,
} from '../../../shared/base/proposed-command.js';

afterEach(() => setInvocation(undefined));

describe('proposed()', () => {
  it('is the plain command where everything is the default', () => {
    expect(proposed('wait', 'run-7')).toBe('comic-queue wait run-7');
  });

  it('begins as the person began, and leads to the same queues', () => {
    setInvocation({
      program: 'npx comic-queue',
      scripts: { work: 'npm run worker' },
      variables: ['REDIS_URL=redis://10.0.0.5'],
      options: ['--data', "it's here"],
    });

    expect(proposed('wait', 'run-7')).toBe(
      `REDIS_URL=redis://10.0.0.5 npx comic-queue wait run-7 --data 'it'\\''s here'`,
    );
    expect(proposedWith({ COMIC_QUEUE_COMIC_URL: 'http://127.0.0.1/{id}' }, 'work')).toBe(
      `REDIS_URL=redis://10.0.0.5 COMIC_QUEUE_COMIC_URL='http://127.0.0.1/{id}' npm run worker -- --data 'it'\\''s here'`,
    );
  });

  it('has no dashes of npm before nothing', () => {
    setInvocation({
      program: 'npx comic-queue',
      scripts: { work: 'npm run worker', compare: 'npm run compare' },
      variables: [],
      options: [],
    });

    expect(proposed('work')).toBe('npm run worker');
    expect(proposed('compare', 'comics', '1-200')).toBe('npm run compare -- comics 1-200');
    expect(unbreakable('Start one: npm run worker. Or: npm run compare -- comics 1')).toEqual([
      'Start',
      ' one:',
      ' npm run worker.',
      ' Or:',
      ' npm run compare -- comics 1',
    ]);
  });
});

describe('unbreakable()', () => {
  it('keeps commands whole, and breaks between all other words', () => {
    const command = `A_URL='http://x/{id}' comic-queue enqueue comics 1,2 'a b' --data ./d`;

    expect(unbreakable(`Go on: ${command}; or not.`)).toEqual([
      'Go',
      ' on:',
      ` ${command};`,
      ' or',
      ' not.',
    ]);
    expect(unbreakable('comic-queue: no command')).toEqual(['comic-queue:', ' no', ' command']);
    expect(unbreakable('')).toEqual([]);
  });
});
