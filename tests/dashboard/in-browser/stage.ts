/** A real Chromium before a real board over a real Redis with real workers. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Browser,
  type BrowserContext,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core';
import { openArchive } from '../../../shared/store/open-store.js';
import { PROJECT_ROOT } from '../../support/project-root.js';
import { WorkPlace } from '../../support/work-place.js';
import { startBoard, type BoardUnderTest } from '../board-under-test.js';

const WIDE = { width: 1400, height: 1000 } as const;
export const NARROW = { width: 360, height: 1500 } as const;

const PICTURES = join(PROJECT_ROOT, 'tests', 'output', 'board');

/** How a page is looked at. */
export interface Look {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly scheme?: 'light' | 'dark';
}

export interface Visit extends Look {
  /** What the page may complain of: the test makes it happen. */
  readonly tolerates?: RegExp;
}

export class Stage {
  readonly place: WorkPlace;
  readonly board: BoardUnderTest;
  readonly #browser: Browser;
  /** Pages share what they have loaded; what a person has chosen is each tab's own. */
  readonly #context: BrowserContext;

  private constructor(
    place: WorkPlace,
    board: BoardUnderTest,
    browser: Browser,
    context: BrowserContext,
  ) {
    this.place = place;
    this.board = board;
    this.#browser = browser;
    this.#context = context;
  }

  static async open(faults: readonly string[] = []): Promise<Stage> {
    const [place] = await Promise.all([
      WorkPlace.open({ latencyMs: 10, faults }),
      mkdir(PICTURES, { recursive: true }),
    ]);
    const board = await startBoard(place.redis, {
      results: openArchive(place.out),
      sites: place.sites,
    });
    const browser = await chromium.connect(process.env['COMIC_QUEUE_TEST_BROWSER'] ?? '');
    return new Stage(place, board, browser, await browser.newContext());
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.board.stop();
    await this.place.close();
  }

  /**
   * Opens a page, lets a test look at it, and expects that it complained of nothing and asked no
   * other host.
   */
  async visit(path: string, look: (page: Page) => Promise<void>, visit: Visit = {}): Promise<void> {
    const page = await this.#context.newPage();
    await lookAt(page, visit);
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (!['error', 'warning'].includes(message.type())) return;
      // Bull Board's page names scripts to load early: on a busy machine they come to use late.
      if (message.text().includes('preloaded using link preload')) return;
      complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      const isOurs = request.url().startsWith(this.board.url) || request.url().startsWith('data:');
      if (!isOurs) complaints.push(`asked ${request.url()}`);
    });
    try {
      await page.goto(`${this.board.url}${path}`);
      await look(page);
    } finally {
      await page.close();
    }
    const heard = complaints.filter((text) => visit.tolerates?.test(text) !== true);
    if (heard.length > 0) throw new Error(`The page at ${path} complained: ${heard.join('\n')}`);
  }

  /** A page of the same browser, of a person who has not been here before. */
  async blankPage(): Promise<Page> {
    return (await this.#browser.newContext()).newPage();
  }
}

/** Has a page looked at in another window, or another theme. */
export async function lookAt(
  page: Page,
  { viewport = WIDE, scheme = 'light' }: Look,
): Promise<void> {
  await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme: scheme });
}

/** The panel on a page; its shadow tree is open to locators. */
export function panelOf(page: Page): Locator {
  return page.locator('#throughput-panel');
}

/** Waits until something can be seen; its text. */
export async function seen(locator: Locator): Promise<string> {
  await locator.first().waitFor();
  return (await locator.first().textContent()) ?? '';
}

/** The run that the panel shows, by its heading. */
export function headingOf(page: Page, text: string): Locator {
  return panelOf(page).locator('h2', { hasText: text });
}

/** What the panel says besides its figures. */
export function noticeOf(page: Page, text: string | RegExp): Locator {
  return panelOf(page).locator('.notices li', { hasText: text });
}

/** One of the four figures, as it is read. */
export function figureOf(page: Page, name: string): Locator {
  return panelOf(page).locator('.figure', { has: page.locator('dt', { hasText: name }) });
}

/**
 * Keeps a picture of a page in `tests/output/board`, where pictures are asked for: a hundred of them take
 * a third of the time of these tests. `COMIC_QUEUE_RECORD=1 npx vitest run tests/dashboard/in-browser`.
 */
export async function picture(page: Page, name: string): Promise<void> {
  if (process.env['COMIC_QUEUE_RECORD'] !== '1') return;
  await page.locator('main').first().waitFor();
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}
