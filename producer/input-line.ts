/** One line of an `--input` file: an input, a comment, or nothing. */

/** A line that begins with a `#` is a comment; one that begins with `\#` is an input that does. */
const ESCAPED_HASH = /^\\+#/;
const HASH = /^\\*#/;

/** The word on a line; undefined for a comment and a line of blanks. */
export function wordOfLine(line: string): string | undefined {
  const word = line.trim();
  if (word === '' || word.startsWith('#')) return undefined;
  return ESCAPED_HASH.test(word) ? word.slice(1) : word;
}

/** The line that {@link wordOfLine} reads as a word that holds no line break. */
export function lineOfWord(word: string): string {
  return HASH.test(word) ? `\\${word}` : word;
}
