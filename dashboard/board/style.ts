/** The colours and the font of every page, in light and dark. */

import type { UIConfig } from '@bull-board/api/typings/app';

/** Weights of IBM Plex Sans, which Bull Board is drawn for, with their files. */
export const FONT_WEIGHTS: readonly (readonly [weight: number, file: string])[] = [
  [400, '400Regular/IBMPlexSans_400Regular.ttf'],
  [500, '500Medium/IBMPlexSans_500Medium.ttf'],
  [600, '600SemiBold/IBMPlexSans_600SemiBold.ttf'],
];

const FONT_FACES = FONT_WEIGHTS.map(
  ([weight]) =>
    `@font-face{font-family:"IBM Plex Sans";font-weight:${weight};font-display:swap;src:url(/assets/font-${weight}.ttf)}`,
).join('\n');

/** Contrast of each colour against the page's cards: 4.5 or more. */
export const BOARD_STYLE = `${FONT_FACES}
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
