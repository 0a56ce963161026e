/** Markup in which everything that is filled in is text, unless it is markup itself. */

import { safeText } from '../../shared/base/safe-text.js';

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
  if (typeof filling === 'string') return escaped(filling);
  return filling.map(fill).join('');
}

function escaped(text: string): string {
  return safeText(text, TEXT_LENGTH_MAX)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
