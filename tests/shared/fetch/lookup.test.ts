import { describe, expect, test } from 'vitest';
import { createLookup, type SystemLookup } from '../../../shared/fetch/lookup.js';
import { fetcher, NEVER } from './site.js';

const ADDRESS = { address: '192.0.2.1', family: 4 };

describe('createLookup()', () => {
  test('gives up on a resolver that does not answer, and still asks it only once', async () => {
    let questions = 0;
    const silent: SystemLookup = () => void (questions += 1);
    const lookup = createLookup(30, silent);

    const codes = await Promise.all([1, 2, 3].map(() => codeOf(lookup, 'black-hole.example')));

    expect(codes).toEqual(['ETIMEOUT', 'ETIMEOUT', 'ETIMEOUT']);
    expect(questions).toBe(1);
  });

  test('gives all who ask at a time one answer, and asks again afterwards', async () => {
    let questions = 0;
    const answering: SystemLookup = (_, __, callback) => {
      questions += 1;
      setImmediate(() => callback(null, [ADDRESS]));
    };
    const lookup = createLookup(3_000, answering);

    const first = await Promise.all([addressOf(lookup), addressOf(lookup)]);
    const second = await addressOf(lookup);

    expect([...first, second]).toEqual([ADDRESS.address, ADDRESS.address, ADDRESS.address]);
    expect(questions).toBe(2);
  });

  test('takes an answer after its limit without harm', async () => {
    const answers: (() => void)[] = [];
    const late: SystemLookup = (_, __, callback) => {
      answers.push(() => callback(null, [ADDRESS]));
    };
    const lookup = createLookup(10, late);

    const code = await codeOf(lookup, 'late.example');
    answers[0]?.();

    expect(code).toBe('ETIMEOUT');
  });
});

test('get() ends with dns for a name that does not exist', async () => {
  // RFC 6761 keeps this name from ever resolving, with or without a network.
  const failed = fetcher().get('https://no-such-comic.invalid/', { signal: NEVER });

  await expect(failed).rejects.toMatchObject({ reason: 'dns' });
});

function codeOf(lookup: ReturnType<typeof createLookup>, name: string): Promise<unknown> {
  return new Promise((resolve) => lookup(name, { all: true }, (error) => resolve(error?.code)));
}

function addressOf(lookup: ReturnType<typeof createLookup>): Promise<unknown> {
  return new Promise((resolve) => lookup('a.example', {}, (_, address) => resolve(address)));
}
