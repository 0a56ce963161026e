import { afterEach, describe, expect, it } from 'vitest';
import { KIND_NAMES, kindNameOfPlural, kindOf, KINDS } from '../shared/kinds/kinds.js';
import { parseData, toData } from '../shared/queues/job.js';
import { queueOf, QUEUES } from '../shared/queues/queue.js';
import { loadHandler } from '../worker/handlers/handler.js';
import { WorkPlace } from './support/work-place.js';

describe.each(KIND_NAMES)('the kind %s', (name) => {
  const kind = kindOf(name);

  it('is called by its own name and one plural', () => {
    expect(kind.name).toBe(name);
    expect(kind.plural).toMatch(/^[a-z]+$/);
    expect(kindNameOfPlural(kind.plural)).toBe(name);
    expect(new Set(KIND_NAMES.map((other) => KINDS[other].plural)).size).toBe(KIND_NAMES.length);
  });

  it('reads its sample, and writes it so that it is read again', () => {
    const { typed, input } = kind.sample;

    expect(inputsOf(kind.parse(typed))).toEqual([input]);
    const again = inputsOf(kind.parse(kind.format(input)));
    expect(again).toEqual([input]);
    expect(again.map((one) => kind.identity(kind.input.parse(one)))).toEqual([
      kind.identity(input),
    ]);
  });

  it.each(kind.sample.refused)('refuses %j with a reason', (word) => {
    const parsed = kind.parse(word);

    expect(parsed.type).toBe('problem');
    expect(parsed.type === 'problem' && parsed.problem.length).toBeGreaterThan(5);
  });

  it('accepts its own input only, and nothing besides', () => {
    const { input } = kind.sample;

    expect(kind.input.safeParse(input).success).toBe(true);
    expect(kind.input.safeParse({ ...input, more: 1 }).success).toBe(false);
    for (const other of [null, 7, 'x', {}, []]) {
      expect(kind.input.safeParse(other).success).toBe(false);
    }
  });

  it('carries its input through Redis in at most 64 bytes', () => {
    const data = toData({ input: kind.sample.input, refetch: true });

    expect(JSON.stringify(data).length).toBeLessThanOrEqual(64);
    expect(parseData(name, JSON.parse(JSON.stringify(data)))).toEqual({
      input: kind.sample.input,
      refetch: true,
    });
  });

  it('has two queues and a handler', async () => {
    expect(QUEUES.filter((queue) => queue.kind === name)).toEqual([
      queueOf(name, false),
      queueOf(name, true),
    ]);
    expect(await loadHandler(name)).toBeTypeOf('function');
  });

  it('has a default concurrency that is polite', () => {
    expect(kind.defaultConcurrency).toBeGreaterThanOrEqual(1);
    expect(kind.defaultConcurrency).toBeLessThanOrEqual(50);
  });
});

describe.each(KIND_NAMES)('a job of the kind %s', (name) => {
  let place: WorkPlace;

  afterEach(async () => {
    await place.close();
  });

  it('is worked once, and again without harm', async () => {
    place = await WorkPlace.open();
    await place.startWorker();
    const { input } = kindOf(name).sample;

    const first = await place.report(await place.enqueue({ kind: name, inputs: [input] }));
    const second = await place.report(await place.enqueue({ kind: name, inputs: [input] }));

    const worked = kindOf(name).site === undefined ? 'slept' : 'stored';
    const again = worked === 'stored' ? 'kept' : worked;
    expect(first.outcomes).toEqual({ [worked]: 1 });
    expect(second.outcomes).toEqual({ [again]: 1 });
  });
});

function inputsOf(parsed: ReturnType<ReturnType<typeof kindOf>['parse']>): unknown[] {
  if (parsed.type !== 'sequence') return [];
  const { sequence } = parsed;
  return Array.from({ length: sequence.length }, (_, index) => sequence.at(index));
}
