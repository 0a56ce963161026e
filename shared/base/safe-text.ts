/** Text from elsewhere, made safe for a terminal, a log line or a message. */

/** Characters that cannot be seen and have no place in a word; joiners shape letters and emoji. */
const INVISIBLE =
  /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]/u;

const NOT_SHOWN =
  // oxlint-disable-next-line no-control-regex -- Control characters are what it looks for.
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]/gu;

/**
 * Replaces control and invisible characters, direction overrides and lone surrogates by visible
 * escapes, and cuts the text to `lengthMax` characters. A title from a site can then not move the
 * cursor, reverse a line or fill the screen.
 */
export function safeText(text: string, lengthMax = 200): string {
  const escaped = text.slice(0, lengthMax * 2 + 2).replaceAll(NOT_SHOWN, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  const points = [...escaped];
  return points.length > lengthMax ? `${points.slice(0, lengthMax - 1).join('')}…` : escaped;
}

/** White space and what cannot be seen, joiners included. */
const BLANK = new RegExp(`\\s|[\\u200c\\u200d]|${INVISIBLE.source}`, 'u');

/** A typed or copied word without the white space and invisible characters around it. */
export function trimWord(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && BLANK.test(text.charAt(start))) start += 1;
  while (end > start && BLANK.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** The first invisible character of a word as `U+200B`; undefined where there is none. */
export function invisibleIn(word: string): string | undefined {
  const character = INVISIBLE.exec(word)?.[0];
  return character === undefined
    ? undefined
    : `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Text as HTML and SVG show it: none of it is read as markup, in an attribute neither. */
export function escapeMarkup(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** A URL that is safe to show: without user name and password. */
export function safeUrl(url: string | URL): string {
  // Parsing it again would be most of the cost.
  if (url instanceof URL && !hasLogin(url)) return url.href;
  try {
    const parsed = new URL(url);
    if (hasLogin(parsed)) {
      parsed.username = '';
      parsed.password = '';
    }
    return parsed.href;
  } catch {
    return safeText(String(url).replace(/\/\/[^/@]*@/, '//'));
  }
}

/**
 * A URL template that is safe to show: without credentials, its placeholder as it was written, and the
 * rest of its query hidden, among which a key to the site may be.
 */
export function siteText(template: string): string {
  const shown = safeUrl(template).replaceAll('%7B', '{').replaceAll('%7D', '}');
  return hideQuery(shown, (_, value) => !value.includes('{') && !isHidden(value));
}

/** The host of a site, given as its URL template: `xkcd.com`; empty for a kind without a site. */
export function siteHost(template: string): string {
  return URL.canParse(template) ? new URL(template).host : '';
}

/** A URL made of a template, with the same hidden as in that. */
export function urlText(url: string, template: string): string {
  const shown = new Set<string>();
  hideQuery(template, (name, value) => {
    if (name !== '' && value.includes('{')) shown.add(name);
    return false;
  });
  return hideQuery(url, (name) => !shown.has(name));
}

/** A URL without the values of its query; a value without a name has the empty one. */
export function hideQuery(
  url: string,
  hides: (name: string, value: string) => boolean = () => true,
): string {
  return mapQuery(url, (name, value) => (hides(name, value) ? '[hidden]' : value));
}

/** Whether a value of a query stands for one that is hidden. */
export function isHidden(value: string): boolean {
  return /^\[hidden(?::[0-9a-f]+)?\]$/.test(value);
}

/** A URL with other values in its query; a value without a name has the empty one. */
export function mapQuery(url: string, map: (name: string, value: string) => string): string {
  const mapped = (whole: string, name: string, equals: string, value: string): string => {
    if (equals === '') return name === '' ? whole : map('', name);
    return value === '' ? whole : `${name}=${map(name, value)}`;
  };
  return url.replace(/\?[^#]*/, (query) =>
    query.replaceAll(/(?<=[?&])([^=&]*)(=?)([^&]*)/g, mapped),
  );
}

function hasLogin({ username, password }: URL): boolean {
  return username !== '' || password !== '';
}
