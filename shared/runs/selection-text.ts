/** The words of a selection as one line, as the record of a run keeps it. */

import { SELECTION_TEXT_MAX } from './run.js';

/** A word that needs no quotes: no space in it, and no quote at its beginning. */
const BARE = /^[^\s"][^\s]*$/;

const QUOTED_OR_BARE = /"(?:[^"\\]|\\.)*"|\S+/g;

/** Gathers words into a line; the line is empty once it would be longer than a run keeps. */
export class SelectionText {
  #line = '';
  #full = false;

  add(word: string): void {
    if (this.#full) return;
    const shown = BARE.test(word) ? word : JSON.stringify(word);
    this.#line = this.#line === '' ? shown : `${this.#line} ${shown}`;
    this.#full = this.#line.length > SELECTION_TEXT_MAX;
  }

  toString(): string {
    return this.#full ? '' : this.#line;
  }
}

/** The words of a line that {@link SelectionText} has made. */
export function wordsOfSelection(line: string): string[] {
  const words = line.match(QUOTED_OR_BARE) ?? [];
  return words.map((word) => (word.startsWith('"') ? String(JSON.parse(word)) : word));
}
