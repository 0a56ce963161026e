/** What our own pages share: head, header, navigation, footer, and how HTML is written. */

import { escapeMarkup, safeText } from '../../shared/base/safe-text.js';
import { PRELOADED } from '../assets.js';

/** What is the same on every page of one board. Links in pages are relative to its base. */
export interface Shell {
  /** Where the board is served, with a slash at both ends: `/`, `/queue/`. */
  readonly base: string;
  readonly version: string;
  readonly writable: boolean;
  /** Whether there is a page of results. */
  readonly hasResults: boolean;
}

export interface PageParts {
  readonly title: string;
  /** Where among the links of the header the page belongs: `runs`, also for one run. */
  readonly section: string;
  readonly content: Markup;
  /** Whether what is shown changes: the script then asks for it again every two seconds. */
  readonly live?: boolean;
  /** Whether the same address is to be asked again in a few seconds: it may have an answer then. */
  readonly again?: boolean;
}

const SECTIONS = [
  ['./', 'Board'],
  ['runs', 'Runs'],
  ['workers', 'Workers'],
  ['results', 'Results'],
] as const;

/** A whole page. */
export function layout(shell: Shell, { title, section, content, live, again }: PageParts): string {
  const links = SECTIONS.filter(([address]) => address !== 'results' || shell.hasResults).map(
    ([address, label]) =>
      html`<a href="${address}" ${address === section ? html`aria-current="page"` : undefined}
        >${label}</a
      >`,
  );
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        ${again === true ? html`<meta http-equiv="refresh" content="3" />` : undefined}
        <base href="${shell.base}" />
        <title>${title} · comic-queue</title>
        <link rel="icon" type="image/svg+xml" href="assets/icon.svg" />
        ${new Markup(PRELOADED)}
        <link rel="stylesheet" href="assets/board.css" />
        <link rel="stylesheet" href="assets/pages.css" />
        <script src="assets/board.js"></script>
      </head>
      <body>
        <header>
          <a class="logo" href="./"
            ><img src="assets/icon.svg" alt="" width="26" height="26" />comic-queue</a
          >
          <nav aria-label="Pages">${links}</nav>
        </header>
        <main ${live === true ? html`data-live` : undefined}>
          <h1>${title}</h1>
          ${content}
        </main>
        <footer>
          <p>${accessText(shell)}</p>
          <p>comic-queue ${shell.version}</p>
        </footer>
      </body>
    </html> `.html;
}

/** As far as a page goes for someone who gets nothing else: its style is in it. */
const PLAIN_STYLE = `
:root { color-scheme: light dark; }
body { margin: 12vh auto; max-width: 560px; padding: 0 20px; font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 24px; }
`;

/** A page without the board's files, for an answer to someone who is not let in. */
export function plainPage(title: string, content: Markup): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · comic-queue</title>
        <link rel="icon" href="data:," />
        <style>
          ${new Markup(PLAIN_STYLE)}
        </style>
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html> `.html;
}

function accessText({ writable }: Shell): Markup {
  return writable
    ? html`This board can cancel, retry, pause and set rates: it was started with
        <code>--writable</code>. What it does is in its log.`
    : html`This board is read-only. To let it cancel, retry, pause and set rates, start it with
        <code>--writable</code>.`;
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
