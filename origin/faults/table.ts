/** Every fault by name, and how one asks for it: `429?rate=0.01&retry-after=2`. */

import type { z } from 'zod';
import { CommandError, EXIT } from '../../shared/base/errors.js';
import { proposed } from '../../shared/base/proposed-command.js';
import { safeText } from '../../shared/base/safe-text.js';
import { BODY_FAULTS, REDIRECT_FAULTS, SIZE_FAULTS } from './content.js';
import { ALL, type FaultKind, type FaultSettings, SELECTING } from './fault.js';
import { FRAMING_FAULTS, STATUS_FAULTS, TIMING_FAULTS } from './http.js';

/** A new fault is an entry in one of the families. */
export const FAULTS = {
  ...STATUS_FAULTS,
  ...TIMING_FAULTS,
  ...FRAMING_FAULTS,
  ...BODY_FAULTS,
  ...SIZE_FAULTS,
  ...REDIRECT_FAULTS,
} as const satisfies Record<string, FaultKind>;

export type FaultName = keyof typeof FAULTS;

/** A fault as it was asked for. */
export interface Fault {
  readonly text: string;
  readonly name: FaultName;
  readonly settings: FaultSettings;
}

/**
 * Reads the name of a fault, and behind a question mark its options in the form of a query.
 *
 * @throws CommandError (usage) that names the fault and what is wrong with it.
 */
export function parseFault(text: string): Fault {
  const [name = '', ...rest] = text.trim().split('?');
  if (!isFaultName(name)) {
    throw wrong(text, `there is no such fault. List them with: ${proposed('origin', '--help')}`);
  }
  const parameters = [...new URLSearchParams(rest.join('?'))];
  const given = Object.fromEntries(parameters);
  if (Object.keys(given).length < parameters.length) throw wrong(text, 'an option is given twice');
  const { options, pages } = faultKind(name);
  const parsed = options.safeParse(given);
  if (!parsed.success) throw wrong(text, factOf(parsed.error, Object.keys(options.shape)));
  const page = parsed.data.only === 'latest' ? 'comics' : parsed.data.only;
  if (page !== undefined && !pages.includes(page)) {
    throw wrong(text, `it is a fault of ${pages.join(' and ')} only`);
  }
  return { text, name, settings: parsed.data };
}

/** The entry of a fault. */
export function faultKind(name: FaultName): FaultKind {
  return FAULTS[name];
}

function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name);
}

function factOf({ issues: [issue] }: z.ZodError, options: readonly string[]): string {
  if (issue?.code !== 'unrecognized_keys') {
    return `${String(issue?.path[0] ?? 'it')} ${issue?.message ?? 'is wrong'}`;
  }
  return `it has no option "${safeText(issue.keys.join('", "'))}"; it takes ${options.join(', ')}`;
}

function wrong(text: string, fact: string): CommandError {
  return new CommandError(EXIT.usage, `Cannot use the fault "${safeText(text)}": ${fact}`);
}

/** The faults and their options, as lines of help. */
export function faultsHelp(): string {
  const kinds: [string, FaultKind][] = Object.entries(FAULTS);
  const width = Math.max(...kinds.map(([name]) => name.length));
  const descriptions = new Map<string, string>();
  const lines = kinds.map(([name, { meaning, options, pages }]) => {
    const confined = pages.length === ALL.length ? '' : ` (${pages.join(' and ')} only)`;
    const own = Object.keys(options.shape).filter((option) => !(option in SELECTING.shape));
    for (const option of own) descriptions.set(option, options.shape[option]?.description ?? '');
    return `  ${name.padEnd(width)}  ${meaning}${confined}${own.length === 0 ? '' : `  [${own.join(', ')}]`}`;
  });
  return [
    "Faults, as in --fault '429?rate=0.01&retry-after=2'. A request meets the first that fits it:",
    ...lines,
    '',
    'Options of every fault, which say what requests it hits; all of them must agree:',
    ...Object.values(SELECTING.shape).map(({ description = '' }) => `  ${description}`),
    '',
    'Options of some faults:',
    ...Array.from(descriptions.values(), (description) => `  ${description}`),
  ].join('\n');
}
