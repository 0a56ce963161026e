/**
 * The one script of every page. It runs in the head, before anything is painted: the theme that was
 * chosen holds from the first frame on.
 */

import { startControls } from './controls.js';
import { startPanel } from './panel.js';
import { startRefresh } from './refresh.js';

/** Where Bull Board keeps its settings in this browser, the theme among them. */
const SETTINGS = 'board-settings';

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
