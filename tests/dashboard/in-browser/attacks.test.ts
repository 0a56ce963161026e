/** What a hostile site, a hostile producer and a hostile page can do to a board: nothing. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queueOf, openQueue } from '../../../shared/queues/queue.js';
import { ask } from '../board-under-test.js';
import { panelOf, picture, Stage } from './stage.js';

const SCRIPT = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
  await stage.place.startWorker();
});

afterAll(async () => {
  await stage.close();
});

describe('a board under attack', () => {
  it('shows script in names, data, reasons and selections as text', async () => {
    const { place } = stage;
    const bullQueue = openQueue(queueOf('search', false).name, place.connection);
    await bullQueue.add(SCRIPT, { foreign: SCRIPT }, { jobId: SCRIPT.replaceAll(':', '') });
    const number = await place.enqueue({
      kind: 'search',
      inputs: [{ term: SCRIPT }],
      selection: SCRIPT,
    });
    await place.report(number);

    for (const path of ['/', '/queue/runs', '/runs', '/runs/run-1', '/results?kind=searches']) {
      await stage.visit(path, async (page) => {
        await page.waitForTimeout(300);
        expect(await page.evaluate('window.hacked')).toBeUndefined();
      });
    }
    await stage.visit('/queue/searches', async (page) => {
      await page.getByText('<img src=x').first().waitFor();
      await panelOf(page).waitFor();
      expect(await page.evaluate('window.hacked')).toBeUndefined();
      await picture(page, 'script-as-text');
    });
  });

  it('is not changed by a form on another origin', async () => {
    const before = (await ask(`${stage.board.url}/api/queues?activeQueue=comics`)).text;
    const target = `${stage.board.url}/api/queues/comics/add`;
    const page = await stage.blankPage();
    const evil = createServer((_request, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end(
        `<form method="post" action="${target}" enctype="text/plain"><input name='{"name":"x","data":{},"a' value='":1}'></form><script>document.forms[0].submit()</script>`,
      );
    });
    await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve));
    const { port } = evil.address() as AddressInfo;

    const answered = page.waitForResponse((response) => response.url() === target);
    await page.goto(`http://localhost:${port}/`).catch(() => {});
    const status = (await answered).status();
    await page.context().close();
    evil.close();

    expect(status).toBe(403);
    expect((await ask(`${stage.board.url}/api/queues?activeQueue=comics`)).text).toBe(before);
  });

  it('hands a search page out to be saved, never to be shown', async () => {
    const { text } = await ask(`${stage.board.url}/api/results?kind=searches`);
    const { results } = JSON.parse(text) as { results: { file: string }[] };
    const file = encodeURIComponent(results[0]?.file ?? '');
    const answer = await ask(`${stage.board.url}/results/searches/${file}`);

    expect(answer.status).toBe(200);
    expect(answer.headers['content-disposition']).toMatch(/^attachment; filename=/);
    expect(answer.headers['content-type']).toBe('application/octet-stream');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['content-security-policy']).toContain('sandbox');
  });
});
