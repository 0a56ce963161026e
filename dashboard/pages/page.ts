/** What our own pages share: head, header, navigation. */

import { escapeMarkup, safeText } from '../../shared/base/safe-text.js';

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
        <script type="module" src="/assets/theme.js"></script>
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

/** A piece of HTML that may be sent as it is. */
export class Markup {
  readonly html: string;

  constructor(markup: string) {
    this.html = markup;
  }
}

type Filling = string | number | Markup | undefined | readonly Filling[];

/** Longer texts than a page can use are cut. */
const TEXT_LENGTH_MAX = 2000;

/** Fills a template: texts are escaped, lists joined, `undefined` is nothing. */
export function html(parts: TemplateStringsArray, ...fillings: readonly Filling[]): Markup {
  const filled = fillings.map((filling, index) => `${fill(filling)}${parts[index + 1] ?? ''}`);
  return new Markup(`${parts[0] ?? ''}${filled.join('')}`);
}

function fill(filling: Filling): string {
  if (filling === undefined) return '';
  if (filling instanceof Markup) return filling.html;
  if (typeof filling === 'number') return String(filling);
  if (typeof filling === 'string') return escapeMarkup(safeText(filling, TEXT_LENGTH_MAX));
  return filling.map(fill).join('');
}
