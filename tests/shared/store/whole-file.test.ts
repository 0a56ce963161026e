import { expect, test } from 'vitest';
import { GroupCommit } from '../../../shared/store/whole-file.js';

/** A commit that the test ends. */
function controlled(): {
  commits: GroupCommit<number>;
  begun: number[][];
  end: (error?: Error) => Promise<void>;
} {
  const begun: number[][] = [];
  const ends: ((error?: Error) => void)[] = [];
  const commits = new GroupCommit<number>(
    (items) =>
      new Promise((resolve, reject) => {
        begun.push([...items]);
        ends.push((error) => (error === undefined ? resolve() : reject(error)));
      }),
  );
  const end = async (error?: Error): Promise<void> => {
    await expect.poll(() => ends.length).toBeGreaterThan(0);
    ends.shift()?.(error);
  };
  return { commits, begun, end };
}

test('GroupCommit shares one commit among all that came before it began', async () => {
  const { commits, begun, end } = controlled();

  const first = [commits.add(1), commits.add(2)];
  await expect.poll(() => begun.length).toBe(1);
  const second = [commits.add(3), commits.add(4)];
  await end();
  await Promise.all(first);
  await expect.poll(() => begun.length).toBe(2);
  await end();
  await Promise.all(second);

  expect(begun).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

test('GroupCommit never answers with a commit that began before the call', async () => {
  const { commits, begun, end } = controlled();
  let isDone = false;

  const early = commits.add(1);
  await expect.poll(() => begun.length).toBe(1);
  const late = commits.add(2).then(() => (isDone = true));
  await end();
  await early;
  await expect.poll(() => begun.length).toBe(2);

  expect(isDone).toBe(false);
  await end();
  await late;
});

test('GroupCommit fails those whose commit failed, and goes on', async () => {
  const { commits, end } = controlled();
  const full = new Error('disk full');

  const failing = Promise.allSettled([commits.add(1), commits.add(2)]);
  await end(full);
  const [one, two] = await failing;
  const next = commits.add(3);
  await end();

  expect([one, two]).toEqual([
    { status: 'rejected', reason: full },
    { status: 'rejected', reason: full },
  ]);
  await expect(next).resolves.toBeUndefined();
});

test('GroupCommit is idle when all that was added is committed', async () => {
  const { commits, begun, end } = controlled();

  const added = commits.add(1);
  const idle = commits.idle();
  await end();
  await Promise.all([added, idle]);
  await commits.idle();

  expect(begun).toEqual([[1]]);
});
