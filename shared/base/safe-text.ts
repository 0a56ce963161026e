/** Text from elsewhere, made fit for a terminal, a log line or a message. */

const CONTROL_OR_DIRECTION =
  // oxlint-disable-next-line no-control-regex -- Control characters are what it looks for.
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]/gu;

/**
 * Replaces control characters, direction overrides and lone surrogates by visible escapes, and
 * cuts the text to `lengthMax` characters. A title from a site can then not move the cursor,
 * reverse a line or fill the screen.
 */
export function safeText(text: string, lengthMax = 200): string {
  const escaped = text.slice(0, lengthMax * 2 + 2).replaceAll(CONTROL_OR_DIRECTION, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  const points = [...escaped];
  return points.length > lengthMax ? `${points.slice(0, lengthMax - 1).join('')}…` : escaped;
}

/** A URL fit to be shown: user name and password removed. */
export function safeUrl(url: string | URL): string {
  // Most are asked about a URL that is known, and parsed: parsing it again is all that would cost.
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

/** A URL template fit to be shown: without credentials, its placeholder as it was written. */
export function siteText(template: string): string {
  return safeUrl(template).replaceAll('%7B', '{').replaceAll('%7D', '}');
}

function hasLogin({ username, password }: URL): boolean {
  return username !== '' || password !== '';
}
