/** Faults of size: answers that must not fit into a client's memory. */

import { gzipSync } from 'node:zlib';
import { BOTH, COMICS, type Encounter, type FaultKind } from './fault.js';
import { streamPieces } from './wire.js';

const MIB = 1_048_576;
const GZIP_BOMB_MIB = 512;
const BIG_JSON_MIB = 50;
const DEPTH = 100_000;
const PIECE_BYTES = 65_536;

/**
 * A valid compressed body that decodes to `mib` MiB of blanks and then the honest body: members of
 * one MiB, each about a kilobyte, behind one another, as RFC 1952 allows.
 */
function gzipBomb({ response, honest, settings }: Encounter): number {
  const member = gzipSync(Buffer.alloc(MIB, ' '));
  const members = Array.from({ length: settings.mib ?? GZIP_BOMB_MIB }, () => member);
  const body = Buffer.concat([...members, gzipSync(honest.body)]);
  response
    .writeHead(200, {
      'Content-Type': honest.contentType,
      'Content-Encoding': 'gzip',
      'Content-Length': body.length,
    })
    .end(body);
  return 200;
}

function* blanksForEver(): Generator<Buffer> {
  const piece = Buffer.alloc(PIECE_BYTES, ' ');
  for (;;) yield piece;
}

/** The honest comic with a field of its own before the others. */
function* withField(comic: Buffer, value: Iterable<Buffer>): Generator<Buffer> {
  yield Buffer.from('{"padding": ');
  yield* value;
  yield Buffer.from(', ');
  yield comic.subarray(comic.indexOf('{') + 1);
}

function* longString(bytes: number): Generator<Buffer> {
  const piece = Buffer.alloc(PIECE_BYTES, 'x');
  yield Buffer.from('"');
  for (let sent = 0; sent < bytes; sent += PIECE_BYTES) yield piece;
  yield Buffer.from('"');
}

export const SIZE_FAULTS = {
  'gzip-bomb': {
    meaning: 'half a megabyte that decodes to 512 MiB',
    sites: BOTH,
    options: ['mib'],
    effect: gzipBomb,
  },
  endless: {
    meaning: 'a body that never ends, as fast as it is read',
    sites: BOTH,
    options: [],
    effect: (encounter) => {
      streamPieces(encounter, blanksForEver());
      return 200;
    },
  },
  'big-json': {
    meaning: 'a valid comic of 50 MiB',
    sites: COMICS,
    options: ['mib'],
    effect: (encounter) => {
      const bytes = (encounter.settings.mib ?? BIG_JSON_MIB) * MIB;
      streamPieces(encounter, withField(encounter.honest.body, longString(bytes)));
      return 200;
    },
  },
  'deep-json': {
    meaning: 'a comic with 100,000 nested arrays',
    sites: COMICS,
    options: ['depth'],
    effect: (encounter) => {
      const depth = encounter.settings.depth ?? DEPTH;
      const nested = Buffer.from('['.repeat(depth) + ']'.repeat(depth));
      streamPieces(encounter, withField(encounter.honest.body, [nested]));
      return 200;
    },
  },
} as const satisfies Record<string, FaultKind>;
