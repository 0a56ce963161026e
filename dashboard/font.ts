/** IBM Plex Sans, which Bull Board is drawn for: served to pages, and drawn into PNGs. */

import { createRequire } from 'node:module';

const PACKAGE = '@expo-google-fonts/ibm-plex-sans';

const FILES = [
  [400, '400Regular/IBMPlexSans_400Regular.ttf'],
  [500, '500Medium/IBMPlexSans_500Medium.ttf'],
  [600, '600SemiBold/IBMPlexSans_600SemiBold.ttf'],
  [700, '700Bold/IBMPlexSans_700Bold.ttf'],
] as const;

export const FONT_FAMILY = 'IBM Plex Sans';

export interface FontFile {
  readonly weight: number;
  readonly path: string;
}

/** The font's files, a weight each. */
export function fontFiles(): FontFile[] {
  const require = createRequire(import.meta.url);
  return FILES.map(([weight, file]) => ({ weight, path: require.resolve(`${PACKAGE}/${file}`) }));
}
