/** The font and the colours of every page, in light and dark. */

import type { UIConfig } from '@bull-board/api/typings/app';
import { FONT_FAMILY, fontFiles } from '../font.js';

/** Contrast of each colour against the page's cards: 4.5 or more. */
const COLOURS = `
:root {
  --cq-run: #0a5cc7; --cq-on-run: #ffffff; --cq-baseline: #b04a00; --cq-overlay: #7a35c9;
  --cq-ideal: #6b7682; --cq-good: #16863d; --cq-bad: #c8322c; --cq-link: #0a5cc7;
}
.dark-mode {
  --cq-run: #5ea8ff; --cq-on-run: #0a1a2e; --cq-baseline: #f0954a; --cq-overlay: #c09bff;
  --cq-ideal: #94a1b0; --cq-good: #3fbf70; --cq-bad: #f0716a; --cq-link: #7db8ff;
}
`;

/** Bull Board's own tokens, so that its parts have the panel's colours. */
export const BOARD_THEME: NonNullable<UIConfig['theme']> = {
  light: { primary: '#0a5cc7', 'primary-foreground': '#ffffff' },
  dark: { primary: '#5ea8ff', 'primary-foreground': '#0a1a2e' },
};

/** The style sheet of every page: the font, and the colours. */
export function boardStyle(): string {
  const faces = fontFiles().map(
    ({ weight }) =>
      `@font-face{font-family:"${FONT_FAMILY}";font-weight:${weight};font-display:swap;src:url(/assets/font-${weight}.ttf)}`,
  );
  return `${faces.join('\n')}${COLOURS}`;
}
