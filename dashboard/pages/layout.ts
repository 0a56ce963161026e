/** What our own pages share: head, header, navigation. */

import { html, type Markup } from './markup.js';

const LINKS = [
  ['/', 'Board'],
  ['/fetched', 'What was fetched'],
  ['/results', 'Results'],
] as const;

export interface PageParts {
  readonly title: string;
  /** The address of the page among the links. */
  readonly path: string;
  readonly version: string;
  readonly content: Markup;
}

/** A whole page. */
export function layout({ title, path, version, content }: PageParts): string {
  const links = LINKS.map(
    ([address, label]) =>
      html`<a href="${address}" ${address === path ? html`aria-current="page"` : undefined}
        >${label}</a
      >`,
  );
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title} · comic-queue</title>
        <link rel="icon" type="image/svg+xml" href="/assets/icon.svg" />
        <link rel="stylesheet" href="/assets/board.css" />
        <link rel="stylesheet" href="/assets/pages.css" />
        <script type="module" src="/assets/dashboard/browser/theme.js"></script>
      </head>
      <body>
        <header>
          <a class="logo" href="/"
            ><img src="/assets/icon.svg" alt="" width="26" height="26" />comic-queue</a
          >
          <nav aria-label="Pages">${links}</nav>
        </header>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
        <footer>comic-queue ${version}</footer>
      </body>
    </html> `.html;
}
