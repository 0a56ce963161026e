/** Names for those of Bull Board's parts that show a picture alone: screen readers say them. */

const NAMES = [
  ['header li:nth-child(1) > button', 'Redis'],
  ['header li:nth-child(2) > button', 'Full screen'],
  ['header li:nth-child(3) > button', 'Settings'],
  ['[class*="copyBtn-"]', 'Copy'],
  ['button[aria-haspopup="menu"]', 'Actions'],
  ['[role="progressbar"]', 'Progress'],
] as const;

/** Names the parts that are there now, and hides the picture on one of them. */
export function nameParts(): void {
  for (const [selector, name] of NAMES) {
    for (const part of document.querySelectorAll(`#root ${selector}:not([aria-label])`)) {
      const hasText =
        part.localName === 'button' && part.querySelector(':scope > :not(svg)') !== null;
      if (!hasText) part.setAttribute('aria-label', name);
    }
  }
  for (const picture of document.querySelectorAll('#root button > svg[role="img"]')) {
    picture.setAttribute('aria-hidden', 'true');
  }
}
