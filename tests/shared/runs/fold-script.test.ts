import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../origin/random.js';
import type { RedisConnection } from '../../../shared/redis/connection.js';
import { KEYS } from '../../../shared/redis/keys.js';
import { foldArguments } from '../../../shared/runs/tally.js';
import { useEmptyRedis } from '../../support/empty-redis.js';
import {
  BEGIN_MS,
  contents,
  finish,
  FOLD_SOURCE,
  QUEUE_KEYS,
  runFold,
  writeRun,
} from './finished-jobs.js';

let connection: RedisConnection;

useEmptyRedis((opened) => {
  connection = opened;
});

describe('fold.lua', () => {
  const { outcomes, reasons } = foldArguments();
  /** The table as it would be after an outcome was appended to it. */
  const appended = {
    outcomes: [...outcomes, { name: 'postponed', answer: true, worked: true }],
    reasons: { ...reasons, 'put-off': outcomes.length + 1 },
  };

  it('names no outcome and no reason itself', () => {
    const words = new Set<string | undefined>([
      ...outcomes.map(({ name }) => name),
      ...Object.keys(reasons),
    ]);
    const strings = [...FOLD_SOURCE.matchAll(/'([^']*)'/g)].map(([, text]) => text);

    expect(strings.filter((text) => words.has(text))).toEqual([]);
  });

  it('counts an outcome that was appended to the table as what the table says', async () => {
    await writeRun(connection, 1, 2);
    await finish(connection, 'r1.1', ['put-off', BEGIN_MS, 20, 5, 100, 1, 200]);

    await runFold(connection, { changes: appended });

    expect(await connection.hgetall(KEYS.tally(1))).toMatchObject({
      ended: '1',
      'outcome:postponed': '1',
      'reason:put-off': '1',
      bytes: '100',
    });
    expect(await connection.hget(KEYS.buckets(1), 'e20')).toBe('1');
    expect(await connection.zcard(KEYS.failed(1))).toBe(0);
  });

  it('lists no more jobs of an outcome than its list takes', async () => {
    const changes = {
      outcomes: outcomes.map((one) => (one.list === 'missing' ? { ...one, listMax: 2 } : one)),
    };
    await writeRun(connection, 1, 4);
    for (const position of [3, 4, 1, 2]) {
      await finish(connection, `r1.${position}`, ['not-found', BEGIN_MS, 20, 5, 100, 1, 404]);
      await runFold(connection, { changes });
    }

    expect(await connection.hget(KEYS.tally(1), 'outcome:missing')).toBe('4');
    expect(await connection.zrange(KEYS.missing(1), '0', '-1')).toEqual([
      JSON.stringify([3, 'not-found', '{"id":1}', '']),
      JSON.stringify([4, 'not-found', '{"id":1}', '']),
    ]);
  });

  it('lets an appended answer replace a failure, and no failure replace it', async () => {
    await writeRun(connection, 1, 1);
    for (const [set, reason] of [
      ['failed', 'not-json'],
      ['completed', 'put-off'],
      ['failed', 'not-json'],
    ] as const) {
      await finish(connection, 'r1.1', [reason, BEGIN_MS, 20, 5, 100, 1, 200], { set });
      await runFold(connection, { set, changes: appended });
      await connection.del(QUEUE_KEYS[set]);
    }

    const tally = await connection.hgetall(KEYS.tally(1));
    expect(tally).toMatchObject({ ended: '1', 'outcome:postponed': '1', 'outcome:invalid': '0' });
  });
});

describe('fold.lua cut off', () => {
  /** Small limits: a page of four jobs widens the series, replaces a failure and removes jobs. */
  const SMALL = { page: 10, shown: 1, points: 4 };

  /** A run of five jobs, the first of which has failed before; four wait in one set, one in the other. */
  async function plant(): Promise<void> {
    await connection.flushall();
    await writeRun(connection, 1, 5);
    await finish(connection, 'r1.1', ['not-json', BEGIN_MS, 10, 5, 100, 1, 200], { set: 'failed' });
    await runFold(connection, { set: 'failed', changes: SMALL });
    await connection.del(QUEUE_KEYS.failed);
    for (const position of [1, 2, 3, 4]) {
      const ending = ['stored', BEGIN_MS + position * 10, 20, 5, 100, 2, 200];
      await finish(connection, `r1.${position}`, ending, { stc: '1' });
    }
    await connection.rpush(`${QUEUE_KEYS.job('r1.2')}:logs`, 'a line');
    await finish(connection, 'r1.5', ['cancelled', BEGIN_MS, 5, 0, 0, 1, 0], { set: 'failed' });
  }

  /** The script, its command number `at` failing as one does whose key has moved to another node. */
  function cutOffAt(at: number): string {
    return `
      local redis, calls = setmetatable({}, { __index = redis }), 0
      local function counted(real, fail)
        return function(...)
          calls = calls + 1
          if calls == ${at} then return fail() end
          return real(...)
        end
      end
      redis.pcall = counted(redis.pcall, function() return { err = 'ERR cut off' } end)
      redis.call = counted(redis.call, function() return error('ERR cut off') end)
      ${FOLD_SOURCE}`;
  }

  it('is finished by the next one, wherever it was cut off', async () => {
    await plant();
    const before = await contents(connection);
    for (const set of ['completed', 'failed'] as const) {
      await runFold(connection, { set, changes: SMALL });
    }
    const expected = await contents(connection);
    expect(await connection.hget(KEYS.tally(1), 'ended')).toBe('5');

    let cuts = 0;
    let cutBeforeWriting = 0;
    while (true) {
      await plant();
      const cut = runFold(connection, { source: cutOffAt(cuts + 1), changes: SMALL });
      if (
        await cut.then(
          () => true,
          () => false,
        )
      )
        break;
      cuts += 1;
      if ((await connection.exists(KEYS.foldJournal)) === 0) {
        const after = await contents(connection);
        if (JSON.stringify(after) === JSON.stringify(before)) cutBeforeWriting += 1;
      }
      // Another set's call comes first: it must not count from what is half done.
      await runFold(connection, { set: 'failed', changes: SMALL });
      await runFold(connection, { changes: SMALL });

      expect(await contents(connection), `cut off at command ${cuts}`).toEqual(expected);
    }

    expect(cutBeforeWriting).toBeGreaterThan(20);
    expect(cuts).toBeGreaterThan(cutBeforeWriting + 5);
  });

  it('leaves a journal that the next one gets past, also where a key has become another type', async () => {
    await plant();
    const pack = "redis.call('SET', KEYS[1], cmsgpack.pack(cjson.decode(ARGV[1])))";
    const writes = JSON.stringify([['HSET', KEYS.failed(1), 'field', 'value']]);
    await connection.eval(pack, 1, KEYS.foldJournal, writes);

    await runFold(connection, { changes: SMALL });

    expect(await connection.exists(KEYS.foldJournal)).toBe(0);
    expect(await connection.hget(KEYS.tally(1), 'ended')).toBe('4');
  });
});

describe('records that make no sense to fold.lua', () => {
  const GOOD = ['stored', BEGIN_MS, 20, 5, 100, 1, 200];

  it.each([
    ['a position of 0', 'r1.0', GOOD],
    ['an id with a leading zero', 'r1.01', GOOD],
    ['an id past all runs', 'r999999999999999999.1', GOOD],
    ['a position past its run', 'r1.9', GOOD],
    ['a run whose total is a word', 'r2.1', GOOD],
    ['a run whose tally is a text', 'r3.1', GOOD],
  ])('are left out: %s', async (_, id, ending) => {
    await writeRun(connection, 1, 1);
    await writeRun(connection, 2, 'abc');
    await writeRun(connection, 3, 1);
    await connection.set(KEYS.tally(3), 'text');
    await finish(connection, id, ending);
    await finish(connection, 'r1.1', GOOD);

    await runFold(connection);

    expect(await connection.hgetall(KEYS.tally(1))).toMatchObject({ ended: '1', bytes: '100' });
    expect(await connection.exists(KEYS.tally(2))).toBe(0);
    expect(await runFold(connection)).toBe(0);
  });

  it.each([
    ['figures that are texts', '["stored","a","b","c","d","e","f"]'],
    ['an infinite time', '["stored",1e400,20,5,100,1,200]'],
    ['a time before the run', '["stored",5,20,5,100,1,200]'],
    ['bytes beyond counting', `["stored",${BEGIN_MS},20,5,1e300,1,200]`],
    ['too few figures', '["stored"]'],
    ['no JSON', 'soup'],
    ['depth', '['.repeat(5000)],
  ])('count as ended, and nothing else: %s', async (_, ending) => {
    await writeRun(connection, 1, 2);
    await finish(connection, 'r1.1', GOOD);
    await runFold(connection);
    await finish(connection, 'r1.2', ending, { processedOn: 'soon', finishedOn: '1e400' });

    await runFold(connection);

    expect(await connection.hgetall(KEYS.tally(1))).toMatchObject({
      ended: '2',
      bytes: '100',
      firstStartMs: String(BEGIN_MS),
      lastEndMs: String(BEGIN_MS + 20),
      'outcome:unavailable': '1',
      'reason:defect': '1',
    });
  });

  it('of an abandoned run count also after its end; of another, they do not', async () => {
    for (const [run, state] of [
      [1, 'abandoned'],
      [2, 'ended'],
    ] as const) {
      await writeRun(connection, run, 1);
      await connection.hset(KEYS.run(run), { state, endedAtMs: BEGIN_MS });
      await finish(connection, `r${run}.1`, GOOD);
    }

    await runFold(connection);

    expect(await connection.hget(KEYS.tally(1), 'ended')).toBe('1');
    expect(await connection.exists(KEYS.tally(2))).toBe(0);
  });

  const seed = Number(process.env['COMIC_QUEUE_TEST_SEED'] ?? Date.now() % 1_000_000);

  it(`stop no counting, whatever they are (seed ${seed})`, async () => {
    const random = createRandom(seed);
    const pick: Pick = (values) => values[Math.floor(random() * values.length)] as never;
    await writeRun(connection, 1, 300);
    for (let run = 2; run <= 40; run += 1) await plantOddRun(run, pick);
    for (let position = 1; position <= 300; position += 1) {
      await finish(connection, `r1.${position}`, GOOD, { set: pick(SETS) });
      await plantOddJob(position, pick);
    }

    let calls = 0;
    for (const set of SETS) {
      while (Number(await runFold(connection, { set, changes: { page: 50, shown: 20 } })) > 0) {
        calls += 1;
        expect(calls).toBeLessThan(100);
      }
    }

    const tally = await connection.hgetall(KEYS.tally(1));
    expect(tally).toMatchObject({ 'outcome:stored': '300', 'status:200': '300', bytes: '30000' });
  });

  type Pick = <T>(values: readonly T[]) => T;

  async function plantOddRun(run: number, pick: Pick): Promise<void> {
    const odd = (): string => pick(ODD_VALUES);
    await writeRun(connection, run, pick([5, 300, odd()]));
    await connection.hset(KEYS.run(run), { createdAtMs: pick([BEGIN_MS, odd()]), state: odd() });
    await connection.hset(KEYS.tally(run), pick(TALLY_FIELDS), odd(), pick(TALLY_FIELDS), odd());
    await connection.hset(KEYS.buckets(run), pick(['s1', 'x-5', 'e99999999', odd()]), odd());
    if (pick([true, false, false])) {
      const { tally, histogram, buckets, endings, failed, missing } = KEYS;
      const key = pick([tally, histogram, buckets, endings, failed, missing, KEYS.run])(run);
      await connection.del(key);
      await connection.set(key, odd());
    }
  }

  /** A job of one of the runs after the first, or of none. */
  async function plantOddJob(position: number, pick: Pick): Promise<void> {
    const odd = (): string => pick(ODD_VALUES);
    const run = pick([2, 3, 10, 20, 40, 41]);
    const regular = `r${run}.${position}`;
    const id = pick([`r1.${pick(['0', '-1', '2.5', '1e3'])}`, `r${run}.${odd()}`, odd(), regular]);
    const record = Array.from({ length: pick([0, 6, 7, 7, 7, 8]) }, () => pick(RECORD_PARTS));
    const set = pick(SETS);
    const fields = { set, pb: odd(), stc: odd(), finishedOn: odd(), failedReason: odd() };
    await connection.del(QUEUE_KEYS.job(id));
    await finish(connection, id, `[${record.join()}]`, fields);
    if (pick([true, false]))
      await connection.zadd(QUEUE_KEYS[set], pick(['inf', '0', '1e300']), id);
    if (pick([true, false, false])) {
      await connection.del(QUEUE_KEYS.job(id));
      await connection.set(QUEUE_KEYS.job(id), odd());
    }
  }
});

const SETS = ['completed', 'failed'] as const;

/** Values that other programs, people and faults leave where numbers and names are expected. */
const ODD_VALUES =
  '0 -1 1 1.5 1e3 1e400 -1e400 inf nan abc 0x10 9007199254740993 1e15 null [] {} "x"'
    .split(' ')
    .concat('', ' 7 ', '\u0000', 'ü', 'x'.repeat(5000));

const TALLY_FIELDS =
  'bucketMs originMs firstStartMs lastEndMs fetchMaxMs fetchSumMs bucketFirst bucketLast ended bytes'.split(
    ' ',
  );

/** What the record of an ending is put together from, as JSON. */
const RECORD_PARTS =
  '"stored" "stored" "not-json" "cancelled" "soup" 20 1 200 0 -5 1e400 -1e400 1e15 0.1 null true [] {} "9"'
    .split(' ')
    .concat(String(BEGIN_MS));
