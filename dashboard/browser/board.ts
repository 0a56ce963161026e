/**
 * The one script of every page. It runs in the head, before anything is painted: the theme that was
 * chosen holds from the first frame on.
 */

import { startControls } from './controls.js';
import { adopt, element, write } from './element.js';
import { startPanel } from './panel.js';

/** Where Bull Board keeps its settings in this browser, the theme among them. */
const SETTINGS = 'board-settings';

/** Our own pages are asked for again this often. */
const REFRESH_EVERY_MS = 2000;

/** The server answers within two seconds, whatever Redis does; beyond this it is gone. */
const ANSWER_WITHIN_MS = 4000;

forgetLogin();
document.documentElement.dataset['script'] = '';
followTheme();
if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
else start();

function start(): void {
  startPanel();
  startRefresh();
  startControls();
}

/**
 * Opens the page again without the login that its address holds, which the browser knows by now: `fetch`
 * refuses such an address, and Bull Board, which loads its texts by it, tries for eleven seconds.
 */
function forgetLogin(): void {
  const { username, password } = new URL(document.baseURI);
  if (username === '' && password === '') return;
  location.replace(`${location.origin}${location.pathname}${location.search}`);
}

/** Puts our own pages in the theme that was chosen on the board, and follows the system where none was chosen. */
function followTheme(): void {
  applyTheme();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', applyTheme);
}

function isDark(): boolean {
  const chosen = chosenTheme();
  if (chosen === 'dark' || chosen === 'light') return chosen === 'dark';
  return matchMedia('(prefers-color-scheme: dark)').matches;
}

function chosenTheme(): unknown {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(SETTINGS) ?? '{}');
    const state = fieldOf(stored, 'state');
    return fieldOf(fieldOf(state, 'settings') ?? state, 'theme');
  } catch {
    return undefined;
  }
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return new Map<string, unknown>(Object.entries(value)).get(name);
}

function applyTheme(): void {
  document.documentElement.classList.toggle('dark-mode', isDark());
}

/**
 * Keeps a page of ours that says that it changes up to date while it can be seen: asks the server for it
 * again and puts in the parts (`data-part`) that are other than before.
 */
function startRefresh(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-submits]')) {
    form.addEventListener('change', () => form.requestSubmit());
  }
  const main = document.querySelector<HTMLElement>('main[data-live]');
  if (main === null) return;
  const age = element('p', { class: 'notice', role: 'status', hidden: '' });
  // Above the panel the panel says it.
  if (document.querySelector('#panel-place') === null) main.prepend(age);
  let seenAtMs = Date.now();
  const round = async (): Promise<void> => {
    if (!document.hidden) {
      const problem = await refresh();
      if (problem === undefined) seenAtMs = Date.now();
      else write(age, `${problem} These figures are ${secondsSince(seenAtMs)} s old.`);
      age.hidden = problem === undefined;
      main.toggleAttribute('data-stale', problem !== undefined);
    }
    setTimeout(() => void round(), REFRESH_EVERY_MS);
  };
  setTimeout(() => void round(), REFRESH_EVERY_MS);
}

/** @returns what is wrong; undefined where the page is up to date. */
async function refresh(): Promise<string | undefined> {
  const address = `${location.origin}${location.pathname}${location.search}`;
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const response = await fetch(address, {
      signal,
      cache: 'no-cache',
      headers: { accept: 'text/html' },
    });
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    if (!response.ok)
      return page.querySelector('.notice')?.textContent?.trim() ?? response.statusText;
    for (const part of page.querySelectorAll('[data-part]')) putIn(part);
    return undefined;
  } catch {
    return 'The board’s server does not answer.';
  }
}

/** Replaces a part by a newer one. A link that had the focus has it again, also where it has moved. */
function putIn(part: Element): void {
  const shown = document.getElementById(part.id);
  if (shown === null) return;
  const focused = shown.contains(document.activeElement) ? document.activeElement : null;
  const href = focused?.getAttribute('href');
  adopt(shown, part);
  if (typeof href === 'string' && focused?.getAttribute('href') !== href) {
    shown.querySelector<HTMLElement>(`[href="${CSS.escape(href)}"]`)?.focus();
  }
}

function secondsSince(ms: number): number {
  return Math.max(1, Math.round((Date.now() - ms) / 1000));
}
