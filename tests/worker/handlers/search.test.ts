import { expect, test } from 'vitest';
import type { Fetched } from '../../../shared/fetch/answer.js';
import { handler } from '../../../worker/handlers/search.js';
import type { HandlerContext } from '../../../worker/handlers/handler.js';

const PAGE: Fetched = {
  status: 200,
  url: 'https://search.example/find?q=Yash',
  body: Buffer.from('<html><h1>Results</h1>'),
  contentType: 'text/html; charset=UTF-8',
  durationMs: 12,
};

/** Answers every fetch with `page`, and remembers what is stored. */
function contextOf(page: Fetched): HandlerContext<{ term: string }> & { stored: Fetched[] } {
  const stored: Fetched[] = [];
  return {
    stored,
    signal: new AbortController().signal,
    isKept: () => Promise.resolve(false),
    read: () => Promise.resolve(undefined),
    fetch: () => Promise.resolve(page),
    fileOf: () => undefined,
    fetchFile: () => Promise.resolve(page),
    store: (_, fetched) => {
      stored.push(fetched);
      return Promise.resolve();
    },
    discard: () => Promise.resolve(),
    noteMissing: () => Promise.resolve(),
    ofRecords: () => contextOf(page),
  };
}

test('a page of results is stored', async () => {
  const context = contextOf(PAGE);

  await expect(handler({ term: 'Yash' }, context)).resolves.toMatchObject({ reason: 'stored' });

  expect(context.stored).toEqual([PAGE]);
});

test.each([200, 202])('a block page with status %i is reported and not stored', async (status) => {
  const body = Buffer.from('<div class="anomaly-modal__title">Are you a duck?</div>');
  const context = contextOf({ ...PAGE, status, body });

  const failed = handler({ term: 'Yash' }, context);

  const facts = { status, url: PAGE.url, durationMs: 12 };
  await expect(failed).rejects.toMatchObject({ reason: 'robot-page', facts });
  expect(context.stored).toEqual([]);
});

test.each([
  [{ status: 202 }, 'unexpected-status'],
  [{ body: Buffer.alloc(0) }, 'empty-body'],
  [{ contentType: 'application/json' }, 'not-html'],
])('an answer with %j is no page of results', async (change, reason) => {
  await expect(handler({ term: 'Yash' }, contextOf({ ...PAGE, ...change }))).rejects.toMatchObject({
    reason,
  });
});
