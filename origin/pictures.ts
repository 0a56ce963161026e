/** Invented pictures: small, valid files whose content follows from their names. */

import { crc32, deflateSync } from 'node:zlib';
import { createRandom } from './random.js';

const WIDTH = 96;
const HEIGHT = 64;

/** Squares of a shade each, so that a picture looks like one and compresses as one. */
const SQUARE = 8;

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** A JPEG file of one grey block of eight by eight. */
const JPEG = Buffer.from(
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAABf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AVf/Z',
  'base64',
);

/** A GIF file of one transparent pixel. */
const GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

export interface Picture {
  readonly contentType: string;
  readonly body: Buffer;
}

/** What the bytes of a picture are; its name may say otherwise, as on real sites. */
export type PictureFormat = 'png' | 'jpg' | 'gif';

/** The picture of a comic, by its number; twice as wide and high where it is `large`. */
export function pictureOf(number: number, format: PictureFormat, large: boolean): Picture {
  if (format === 'jpg') return { contentType: 'image/jpeg', body: JPEG };
  if (format === 'gif') return { contentType: 'image/gif', body: GIF };
  return { contentType: 'image/png', body: png(number, large ? 2 : 1) };
}

function png(seed: number, scale: number): Buffer {
  const width = WIDTH * scale;
  const height = HEIGHT * scale;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits of grey a pixel.
  header[8] = 8;
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows(seed, { width, height, square: SQUARE * scale }))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A byte that says "no filter", then the pixels, for each row. */
function rows(
  seed: number,
  { width, height, square }: Readonly<Record<'width' | 'height' | 'square', number>>,
): Buffer {
  const random = createRandom(seed);
  const shades = Array.from({ length: (width * height) / square ** 2 }, () => random() * 256);
  const pixels = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const place = Math.floor(y / square) * (width / square) + Math.floor(x / square);
      pixels[y * (width + 1) + 1 + x] = shades[place] ?? 0;
    }
  }
  return pixels;
}

function chunk(type: string, data: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const whole = Buffer.alloc(content.length + 8);
  whole.writeUInt32BE(data.length, 0);
  content.copy(whole, 4);
  whole.writeUInt32BE(crc32(content), content.length + 4);
  return whole;
}
