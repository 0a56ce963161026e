/** Every fault, by name. A new one is an entry in one of the families. */

import { BODY_FAULTS, REDIRECT_FAULTS, SIZE_FAULTS } from './content.js';
import type { FaultKind } from './fault.js';
import { FRAMING_FAULTS, STATUS_FAULTS, TIMING_FAULTS } from './http.js';
import { OPTION_MEANINGS, SELECTING_OPTIONS } from './select.js';

export const FAULTS = {
  ...STATUS_FAULTS,
  ...TIMING_FAULTS,
  ...FRAMING_FAULTS,
  ...BODY_FAULTS,
  ...SIZE_FAULTS,
  ...REDIRECT_FAULTS,
} as const satisfies Record<string, FaultKind>;

export type FaultName = keyof typeof FAULTS;

/** Whether there is a fault of this name. */
export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name);
}

/** The entry of a fault. */
export function faultKind(name: FaultName): FaultKind {
  return FAULTS[name];
}

/** The faults and options as lines of help, for the command that serves the stand-in. */
export function faultsHelp(): string {
  const names = Object.keys(FAULTS).filter(isFaultName);
  const width = Math.max(...names.map((name) => name.length));
  const lines = names.map((name) => {
    const { meaning, options, sites } = faultKind(name);
    const confined = sites.length === 1 ? ` (${sites.join('')} only)` : '';
    const own = options.length === 0 ? '' : `  [${options.join(', ')}]`;
    return `  ${name.padEnd(width)}  ${meaning}${confined}${own}`;
  });
  const options = [...SELECTING_OPTIONS, 'retry-after', 'to', 'interval', 'mib', 'depth'] as const;
  return [
    'Faults, separated by commas or semicolons; options follow a colon or a comma; text with commas',
    'goes in double quotes. A request meets the first fault whose options all fit it:',
    '  429:rate=0.01,retry-after=2;stall:ids=7;503:each=1;limit=20',
    '',
    ...lines,
    '',
    'Options:',
    ...options.map((option) => `  ${OPTION_MEANINGS[option]}`),
  ].join('\n');
}
