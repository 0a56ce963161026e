/** The files behind the pages: scripts, style, font, icon. */

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { UIConfig } from '@bull-board/api/typings/app';
import express, { Router } from 'express';
import { type ChartColours, DARK, LIGHT } from '../shared/report/chart-style.js';
import { PAGES_STYLE } from './pages/style.js';

/** Where the scripts are, bundled by `npm run build`; also when the sources themselves run (in tests). */
const SCRIPTS = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../dist/dashboard/browser' : 'browser',
    import.meta.url,
  ),
);

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

/** Added to the head of Bull Board's page. */
export const PAGE_HEAD =
  '<link rel="stylesheet" href="assets/board.css"><script src="assets/board.js"></script>';

/** Bull Board's own tokens, so that its parts have the panel's colours. */
export const BOARD_THEME: NonNullable<UIConfig['theme']> = {
  light: { primary: LIGHT.run, 'primary-foreground': '#ffffff' },
  dark: { primary: DARK.run, 'primary-foreground': '#0a1a2e' },
};

/** Contrast of each colour against the page's cards: 4.5 or more. */
const COLOURS = `
:root { ${lineColours(LIGHT)} --cq-on-run: #ffffff; --cq-good: #16863d; --cq-bad: #c8322c; --cq-link: ${LIGHT.run}; }
.dark-mode { ${lineColours(DARK)} --cq-on-run: #0a1a2e; --cq-good: #3fbf70; --cq-bad: #f0716a; --cq-link: #7db8ff; }
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
  for (const { weight, path } of fontFiles()) {
    router.get(`/assets/font-${weight}.ttf`, (_request, response) =>
      response.sendFile(path, { maxAge: FONT_MAX_AGE }),
    );
  }
  router.use('/assets', express.static(SCRIPTS, { index: false }));
  return router;
}

/** The font's files, a weight each. */
export function fontFiles(): FontFile[] {
  const require = createRequire(import.meta.url);
  return FONT_FILES.map(([weight, file]) => ({
    weight,
    path: require.resolve(`${FONT_PACKAGE}/${file}`),
  }));
}

/** The style sheet of every page: the font, and the colours. */
function boardStyle(): string {
  const faces = fontFiles().map(
    ({ weight }) =>
      `@font-face{font-family:"${FONT_FAMILY}";font-weight:${weight};font-display:swap;src:url(font-${weight}.ttf)}`,
  );
  return `${faces.join('\n')}${COLOURS}`;
}

/** The lines of a chart have the same colours on the board as in its file. */
function lineColours({ run, baseline, overlay, ideal }: ChartColours): string {
  return `--cq-run: ${run}; --cq-baseline: ${baseline}; --cq-overlay: ${overlay}; --cq-ideal: ${ideal};`;
}
