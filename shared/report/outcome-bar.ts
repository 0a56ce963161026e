/**
 * How a run's jobs ended, as one small bar: the same parts in the same order on the board, in lists
 * and in the terminal. Their counts add up to the jobs of the run.
 */

import { countFailed } from '../base/outcome.js';
import { formatCount } from './format.js';
import type { Report } from './report.js';

/** `recovered`: failed here, and answered by a run that tried again. `left`: not ended yet. */
export const PART_NAMES = [
  'stored',
  'slept',
  'kept',
  'missing',
  'recovered',
  'failed',
  'cancelled',
  'left',
] as const;
export type PartName = (typeof PART_NAMES)[number];

/** `good`: what was asked for. `quiet`: nothing to do, or given up. `doubtful`: look at it. `open`: to come. */
export type Tone = 'good' | 'quiet' | 'doubtful' | 'bad' | 'open';

export interface OutcomePart {
  readonly name: PartName;
  readonly tone: Tone;
  readonly count: number;
  /** Of all jobs of the run, from 0 to 1. */
  readonly share: number;
}

const TONES: Readonly<Record<PartName, Tone>> = {
  stored: 'good',
  slept: 'good',
  kept: 'quiet',
  missing: 'doubtful',
  recovered: 'quiet',
  failed: 'bad',
  cancelled: 'quiet',
  left: 'open',
};

/** A character of a bar each: for terminals, and for those that know only ASCII. */
const CHARACTERS: Readonly<Record<PartName, readonly [fine: string, plain: string]>> = {
  stored: ['█', '#'],
  slept: ['█', '#'],
  kept: ['▓', '='],
  missing: ['▒', '?'],
  recovered: ['▓', '+'],
  failed: ['×', 'x'],
  cancelled: ['░', '-'],
  left: ['·', '.'],
};

/** A run's jobs, and how those that ended did. */
export type Outcomes = Pick<Report, 'outcomes' | 'queued'> & Partial<Pick<Report, 'recovered'>>;

/** The parts that are not empty, in order. */
export function outcomeParts({ outcomes, queued, recovered = 0 }: Outcomes): OutcomePart[] {
  const failures = countFailed(outcomes);
  const made = Math.min(recovered, failures);
  const ended = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  const counts: Readonly<Record<PartName, number>> = {
    stored: outcomes.stored ?? 0,
    slept: outcomes.slept ?? 0,
    kept: outcomes.kept ?? 0,
    missing: outcomes.missing ?? 0,
    recovered: made,
    failed: failures - made,
    cancelled: outcomes.cancelled ?? 0,
    left: Math.max(0, queued - ended),
  };
  const all = Math.max(queued, ended);
  return PART_NAMES.filter((name) => counts[name] > 0).map((name) => ({
    name,
    tone: TONES[name],
    count: counts[name],
    share: counts[name] / all,
  }));
}

/** `1 stored, 49 kept`; `no job` of a run without any. */
export function partsText(parts: readonly OutcomePart[]): string {
  return parts.map(({ name, count }) => `${formatCount(count)} ${name}`).join(', ') || 'no job';
}

/** A part of a bar in characters. */
export interface BarPiece {
  readonly name: PartName;
  readonly tone: Tone;
  readonly text: string;
}

/**
 * Draws the parts side by side in exactly so many characters, at least one for each.
 *
 * @param plain whether to use ASCII only
 */
export function barPieces(
  parts: readonly OutcomePart[],
  columns: number,
  plain = false,
): BarPiece[] {
  const rest = Math.max(0, columns - parts.length);
  const sized = parts.map((part) => ({ ...part, width: 1 + Math.floor(part.share * rest) }));
  const left = columns - sized.reduce((sum, { width }) => sum + width, 0);
  const [largest] = sized.toSorted((a, b) => b.width - a.width);
  return sized.map((part) => {
    const [fine, ascii] = CHARACTERS[part.name];
    // What is rounded away goes to the largest part.
    const width = part.width + (part === largest ? Math.max(0, left) : 0);
    return { name: part.name, tone: part.tone, text: (plain ? ascii : fine).repeat(width) };
  });
}

/** What a run as a whole is: never `good` where it failed or found next to nothing. */
export function toneOf(parts: readonly OutcomePart[]): Tone {
  const count = (...names: readonly PartName[]): number =>
    parts.reduce((sum, part) => sum + (names.includes(part.name) ? part.count : 0), 0);
  if (count('failed') > 0) return 'bad';
  const found = count('stored', 'slept', 'kept', 'recovered');
  if (count('missing') > found) return 'doubtful';
  if (found === 0) return count('left') > 0 ? 'open' : 'quiet';
  return 'good';
}

/** A run as far as its state goes. */
export interface StateFacts {
  readonly report: Outcomes & Pick<Report, 'state' | 'ended'>;
  readonly live: boolean;
  /** Whether jobs of it ended within the last seconds. */
  readonly moves: boolean;
  /** What keeps it from getting on, in a few words; undefined when nothing does. */
  readonly held: string | undefined;
}

export interface ShownState {
  readonly tone: 'live' | 'good' | 'warning' | 'bad';
  readonly text: string;
}

/** What keeps a run from getting on, in a few words: a rate is named only while no job ends. */
export function heldBy(
  standstills: readonly { readonly why: string; readonly brief: string }[],
  moves: boolean,
): string | undefined {
  return standstills.find(({ why }) => why !== 'slow-rate' || !moves)?.brief;
}

/** The state of a run, as one chip: green only while jobs end, or when all have done well. */
export function stateOfRun({ report, live, moves, held }: StateFacts): ShownState {
  if (live) {
    if (report.state === 'cancelled') return { tone: 'warning', text: 'being cancelled' };
    if (held !== undefined) return { tone: 'warning', text: held };
    if (report.ended === 0) return { tone: 'warning', text: 'waiting' };
    return moves ? { tone: 'live', text: 'running' } : { tone: 'warning', text: 'stands still' };
  }
  if (report.state !== 'ended') return { tone: 'bad', text: report.state };
  const tone = toneOf(outcomeParts(report));
  if (tone === 'bad') return { tone, text: 'done, with failures' };
  return tone === 'doubtful'
    ? { tone: 'warning', text: 'done, most of it missing' }
    : { tone: 'good', text: 'done' };
}
