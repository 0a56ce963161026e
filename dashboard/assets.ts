/** The files behind the pages: scripts, style, font, icon. */

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { UIConfig } from '@bull-board/api/typings/app';
import express, { Router } from 'express';
import { type ChartColours, DARK, LIGHT } from '../shared/report/chart-file.js';
import { PAGES_STYLE } from './pages/style.js';

/** Where the scripts are, bundled by `npm run build`; also when the sources themselves run (in tests). */
const SCRIPTS = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../dist/dashboard/browser' : 'browser',
    import.meta.url,
  ),
);

/** Fonts for browsers: a tenth of the size of the others, which alone resvg can read. */
const WEB_FONT_PACKAGE = '@fontsource/ibm-plex-sans';
const FONT_PACKAGE = '@expo-google-fonts/ibm-plex-sans';

const FONT_FILES = [
  [400, '400Regular/IBMPlexSans_400Regular.ttf'],
  [500, '500Medium/IBMPlexSans_500Medium.ttf'],
  [600, '600SemiBold/IBMPlexSans_600SemiBold.ttf'],
  [700, '700Bold/IBMPlexSans_700Bold.ttf'],
] as const;

export const FONT_FAMILY = 'IBM Plex Sans';

/** Browsers keep a font this long: it changes only with its package. */
const FONT_MAX_AGE = '7d';

/** Fonts that every page begins with: text is set in them from the first frame on. */
const PRELOADED_WEIGHTS: readonly number[] = [400, 500, 600];

/** What has them loaded with the page, for its head. */
export const PRELOADED = PRELOADED_WEIGHTS.map(
  (weight) =>
    `<link rel="preload" as="font" type="font/woff2" crossorigin href="assets/font-${weight}.woff2">`,
).join('');

const STYLE_AND_SCRIPT =
  '<link rel="stylesheet" href="assets/board.css"><script src="assets/board.js"></script>';

/** What is added to the head of Bull Board's page. */
export function pageHead(writable: boolean): string {
  const access = writable ? 'writable' : 'read-only';
  return `<meta name="comic-queue" content="${access}">${PRELOADED}${STYLE_AND_SCRIPT}`;
}

/** Bull Board's own tokens, so that its parts have the panel's colours, and texts contrast of 4.5. */
export const BOARD_THEME: NonNullable<UIConfig['theme']> = {
  light: {
    primary: LIGHT.run,
    'primary-foreground': '#ffffff',
    'state-selected-foreground': '#084a9f',
    'sidebar-state-selected-foreground': '#084a9f',
    // Bull Board sets small texts in it at less than full strength.
    'muted-foreground': '#47525d',
    'status-active': LIGHT.run,
    'status-completed': '#117034',
    'status-failed': '#c8322c',
    'status-waiting': '#8a5a00',
    'status-delayed': '#6d28d9',
  },
  dark: {
    primary: DARK.run,
    'primary-foreground': '#0a1a2e',
    'muted-foreground': '#94a0af',
    'status-active': DARK.run,
    'status-completed': '#3fbf70',
    'status-failed': '#f0716a',
    'status-waiting': '#d9b14a',
    'status-delayed': '#b39af0',
  },
};

/** Contrast of each colour against the page's cards: 4.5 or more. */
const COLOURS = `
:root { ${lineColours(LIGHT)} --cq-on-run: #ffffff; --cq-good: #16863d; --cq-bad: #c8322c; --cq-link: ${LIGHT.run}; }
.dark-mode { ${lineColours(DARK)} --cq-on-run: #0a1a2e; --cq-good: #3fbf70; --cq-bad: #f0716a; --cq-link: #7db8ff; }
`;

/** Nothing is shown below the panel before it has its first figures: it would move. */
const WAITING = `
#root > main:has(> #throughput-panel[data-waiting]) > :not(#throughput-panel),
[data-script] #panel-place:empty ~ *, #panel-place:has([data-waiting]) ~ * { visibility: hidden; }
`;

/** Tabs of Bull Board's overview for states that no job of ours comes to; the rest it asks each queue for. */
const TABS = `
#root li:is([class*="waitingChildren-"], [class*="prioritized-"], [class*="paused-"]):has(> a) { display: none; }
`;

/**
 * Where a page is narrow Bull Board's tabs go on in a second row, and on a phone a job's data are as high
 * as they are: nothing scrolls within the page. Nor does `body`, which Bull Board makes a scroller of its own.
 */
const NARROW = `
body { overflow-x: clip; }
@media (max-width: 1000px) {
  #root :is([class*="statusTabs-"], [class*="tabActions-"]) { flex-wrap: wrap; overflow: visible; mask-image: none; -webkit-mask-image: none; }
}
@media (max-width: 768px) {
  #root [class*="tabContent-"] { overflow: visible; max-height: none; }
}
`;

/** A result that is not there yet is too pale in Bull Board's light theme. */
const NULLS = `
#root [class*="nullValue-"] { color: var(--muted-foreground); }
`;

/** The links to our pages in Bull Board's header; where that is narrow they are at the foot of the panel. */
const PAGE_LINKS = `
.cq-pages { display: flex; gap: 4px; font-family: var(--font-sans); }
.cq-pages a { padding: 5px 12px; border-radius: 6px; font-size: 14px; color: var(--foreground); text-decoration: none; }
.cq-pages a:hover { background: var(--muted); }
.cq-pages a[aria-current] { background: var(--cq-run); color: var(--cq-on-run); font-weight: 500; }
.cq-pages a:focus-visible { outline: 2px solid var(--cq-run); outline-offset: -2px; }
@media (max-width: 1000px) { .cq-pages { display: none; } }
`;

/** The dialog of a control, on Bull Board's pages and on our own. */
const DIALOG = `
.cq-dialog { width: min(460px, calc(100vw - 32px)); padding: 20px 22px; border: 1px solid var(--border); border-radius: 10px; background: var(--card); color: var(--foreground); font: 15px/1.5 var(--font-sans); }
.cq-dialog::backdrop { background: rgb(10 15 20 / .5); }
.cq-dialog form { display: block; margin: 0; }
.cq-dialog p { margin: 0 0 14px; overflow-wrap: anywhere; }
.cq-dialog .bad { color: var(--cq-bad); }
.cq-dialog .bad:empty { display: none; }
.cq-dialog .buttons { display: flex; justify-content: flex-end; align-items: center; gap: 10px; }
.cq-dialog a { color: var(--cq-link); margin-right: auto; }
.cq-dialog :is(button, input) { font: inherit; font-size: 14px; padding: 7px 16px; border: 1px solid transparent; border-radius: 6px; }
.cq-dialog button { background: var(--cq-run); color: var(--cq-on-run); font-weight: 500; cursor: pointer; }
.cq-dialog button.plain { background: transparent; color: var(--foreground); border-color: var(--input); }
.cq-dialog input { display: block; width: 100%; margin: 0 0 14px; padding: 7px 12px; background: var(--background); color: var(--foreground); border-color: var(--input); }
`;

/** The project's icon: a steep line over a flat dashed one, in a speech bubble. */
const BOARD_ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<path d="M7 2h18a5 5 0 0 1 5 5v13a5 5 0 0 1-5 5H14l-7 6v-6a5 5 0 0 1-5-5V7a5 5 0 0 1 5-5z" fill="#0a5cc7"/>
<path d="M7 20.500h18" stroke="#ffb27a" stroke-width="2.400" stroke-dasharray="3 2.400" fill="none"/>
<path d="M7 20c5 0 6-2 8-6s4-7 10-7.500" stroke="#fff" stroke-width="3" stroke-linecap="round" fill="none"/>
</svg>
`;

export interface FontFile {
  readonly weight: number;
  readonly path: string;
}

/** Serves them under `/assets`. A browser asks for scripts each time, mostly for a 304. */
export function assetRoutes(): Router {
  const router = Router();
  router.get('/assets/board.css', (_request, response) => {
    response.type('css').send(boardStyle());
  });
  router.get('/assets/pages.css', (_request, response) => {
    response.type('css').send(PAGES_STYLE);
  });
  router.get('/assets/icon.svg', (_request, response) => {
    response.type('svg').send(BOARD_ICON);
  });
  const require = createRequire(import.meta.url);
  for (const [weight] of FONT_FILES) {
    const file = `ibm-plex-sans-latin-${weight}-normal.woff2`;
    const path = require.resolve(`${WEB_FONT_PACKAGE}/files/${file}`);
    router.get(`/assets/font-${weight}.woff2`, (_request, response) =>
      response.sendFile(path, { maxAge: FONT_MAX_AGE }),
    );
  }
  router.use('/assets', express.static(SCRIPTS, { index: false }));
  return router;
}

/** The font's files for resvg, a weight each. */
export function fontFiles(): FontFile[] {
  const require = createRequire(import.meta.url);
  return FONT_FILES.map(([weight, file]) => ({
    weight,
    path: require.resolve(`${FONT_PACKAGE}/${file}`),
  }));
}

/** The style sheet of every page: the font, and the colours. */
function boardStyle(): string {
  const faces = FONT_FILES.map(
    ([weight]) =>
      `@font-face{font-family:"${FONT_FAMILY}";font-weight:${weight};font-display:${displayOf(weight)};src:url(font-${weight}.woff2) format("woff2")}`,
  );
  return `${faces.join('\n')}${COLOURS}${WAITING}${TABS}${NARROW}${NULLS}${PAGE_LINKS}${DIALOG}`;
}

/** What was preloaded never moves a text once it is seen; the others come a moment later. */
function displayOf(weight: number): string {
  return PRELOADED_WEIGHTS.includes(weight) ? 'optional' : 'swap';
}

/** The lines of a chart have the same colours on the board as in its file. */
function lineColours({ run, baseline, overlay, ideal }: ChartColours): string {
  return `--cq-run: ${run}; --cq-baseline: ${baseline}; --cq-overlay: ${overlay}; --cq-ideal: ${ideal};`;
}
