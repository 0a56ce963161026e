/** The files behind the pages: the panel's modules, the font, the style, the icon. */

import { fileURLToPath } from 'node:url';
import express, { Router } from 'express';
import { BOARD_ICON } from './board/icon.js';
import { boardStyle } from './board/style.js';
import { fontFiles } from './font.js';
import { PAGES_STYLE } from './pages/style.js';

/** Compiled code lies here, also when the sources themselves run (in tests). */
const COMPILED = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../dist/' : '../', import.meta.url),
);

/** What the panel's modules import beyond their own folder: pure, and nothing else is served. */
const SHARED_MODULES = [
  'dashboard/api/panel-view.js',
  'shared/report/chart-axis.js',
  'shared/report/format.js',
] as const;

/** A font of the same version is the same file. */
const FONT_MAX_AGE = '7d';

/** Goes into the head of each page. */
export const PAGE_HEAD =
  '<link rel="stylesheet" href="/assets/board.css">' +
  '<script type="module" src="/assets/dashboard/browser/panel.js"></script>';

/** Serves them under `/assets`. Modules are asked for anew each time, and are mostly a 304. */
export function assetRoutes(): Router {
  const router = Router();
  router.use(
    '/assets/dashboard/browser',
    express.static(`${COMPILED}dashboard/browser`, { index: false }),
  );
  for (const path of SHARED_MODULES) {
    router.get(`/assets/${path}`, (_request, response) =>
      response.sendFile(path, { root: COMPILED }),
    );
  }
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
  return router;
}
