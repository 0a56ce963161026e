/** How inputs are written down in pages: for the spool, and for the digest of a selection. */

import type { AnyInput, AnyKind } from '../shared/kinds/kinds.js';

/** Inputs of one page. */
export const PAGE_INPUTS = 1000;

export interface PageFormat {
  /** The bytes hold until the next call: a fresh buffer a page would be 100 MB of garbage. */
  encode(inputs: readonly AnyInput[]): Buffer;
  decode(bytes: Buffer): AnyInput[];
}

/** Four bytes an input for a kind whose inputs are known by a number, else one line of text each. */
export function pageFormatOf(kind: AnyKind): PageFormat {
  return typeof kind.identity(kind.sample.input) === 'number' ? binary(kind) : lines(kind);
}

function binary(kind: AnyKind): PageFormat {
  const written = Buffer.alloc(PAGE_INPUTS * 4);
  return {
    encode: (inputs) => {
      let end = 0;
      for (const input of inputs) end = written.writeUInt32LE(Number(kind.identity(input)), end);
      return written.subarray(0, end);
    },
    decode: (bytes) =>
      Array.from({ length: bytes.length / 4 }, (_, index) =>
        inputOf(kind, String(bytes.readUInt32LE(index * 4))),
      ),
  };
}

/** No input of any kind holds a line break: input files could not hold it. */
function lines(kind: AnyKind): PageFormat {
  return {
    encode: (inputs) => Buffer.from(inputs.map((input) => `${kind.format(input)}\n`).join('')),
    decode: (bytes) =>
      bytes
        .toString()
        .split('\n')
        .slice(0, -1)
        .map((line) => inputOf(kind, line)),
  };
}

function inputOf(kind: AnyKind, text: string): AnyInput {
  const parsed = kind.parse(text);
  if (parsed.type === 'sequence') return parsed.sequence.at(0);
  throw new Error(`Cannot read back an input of kind ${kind.name}: its format and parse disagree`);
}
