/** Figures as people read them, the same on the terminal, in files and on the board. */

/** The unit of every throughput. */
export const RATE_UNIT = 'jobs/s';

/** `655 jobs/s`, `19.2 jobs/s`, `0.83 jobs/s`. */
export function formatRate(perSecond: number): string {
  return `${formatPerSecond(perSecond)} ${RATE_UNIT}`;
}

/** A rate where its unit stands apart: `655`, `19.2`, `0.83`. */
export function formatPerSecond(perSecond: number): string {
  return threeDigits(perSecond);
}

/** A rate where there is little space, and which changes all the time: `655/s`, `65.4/s`. */
export function formatShortRate(perSecond: number): string {
  return `${perSecond >= 99.95 ? formatCount(perSecond) : perSecond.toFixed(1)}/s`;
}

/** `35.1×`. */
export function formatSpeedUp(ratio: number): string {
  return `${threeDigits(ratio)}×`;
}

/** `33.9–36.2×`. */
export function formatSpeedUpRange([least, most]: readonly [number, number]): string {
  return `${threeDigits(least)}–${formatSpeedUp(most)}`;
}

/** A speed-up that is only guessed: `about 6×`, `about 35×`, `about 0.8×`. */
export function formatEstimatedSpeedUp(ratio: number): string {
  return `about ${ratio < 2 ? ratio.toFixed(1) : formatCount(Number(ratio.toPrecision(ratio < 10 ? 1 : 2)))}×`;
}

/** `one pass, no warm-up`, `one pass after a warm-up`, `median of 5 passes, 33.9× to 36.2×`. */
export function formatPasses(
  { passes, warmUp }: { readonly passes: number; readonly warmUp: boolean },
  range: readonly [number, number] | null,
): string {
  if (passes === 1) return warmUp ? 'one pass after a warm-up' : 'one pass, no warm-up';
  const spread = range === null ? '' : `, ${range.map(formatSpeedUp).join(' to ')}`;
  return `median of ${formatCount(passes)} passes${spread}`;
}

/** `0.31 s`, `10.4 s`, `3 min 05 s`, `2 h 10 min`. */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 60) return `${threeDigits(seconds)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${padded(whole % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${padded(minutes % 60)} min`;
}

/** A moment of a run, also a short one: `0.445 s`, `12.5 s`, `3 min 05 s`. */
export function formatElapsed(seconds: number): string {
  return seconds < 1 ? `${Number(seconds.toPrecision(3))} s` : formatDuration(seconds * 1000);
}

/** An estimate, which is not exact to a tenth of a second: `17 s`, `3 min 05 s`; never below `1 s`. */
export function formatEstimate(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000);
}

const ROUGH_UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** Two of a unit are needed before it is used: 90 minutes say more than 1 hour. */
const ROUGH_UNITS_MIN = 2;

/** `45 s`, `12 min`, `24 h`, `3 d`; never less than a second. */
export function formatRoughDuration(ms: number): string {
  const [unit, unitMs] = ROUGH_UNITS.find(([, one]) => ms >= ROUGH_UNITS_MIN * one) ?? ['s', 1000];
  return `${Math.max(1, Math.round(ms / unitMs))} ${unit}`;
}

const PACE_UNITS = [
  ['a second', 1000],
  ['a minute', 60_000],
  ['an hour', 3_600_000],
] as const;

/** A rate as the time between two: `6 an hour`, `2.5 a minute`. */
export function formatPace(intervalMs: number): string {
  const [unit, unitMs] =
    PACE_UNITS.find(([, one]) => one >= intervalMs) ?? (['a day', 86_400_000] as const);
  return `${Number((unitMs / intervalMs).toFixed(1))} ${unit}`;
}

/** The units of a rate, as it is typed. */
export const RATE_UNITS_MS = { s: 1000, m: 60_000, h: 3_600_000 } as const;

/** `10/s`, `6/m`: a rate as it is typed, in the unit that needs no fraction below one. */
export function formatInterval(intervalMs: number): string {
  const [unit, unitMs] = Object.entries(RATE_UNITS_MS).find(([, one]) => one >= intervalMs) ?? [
    'h',
    RATE_UNITS_MS.h,
  ];
  return `${Number((unitMs / intervalMs).toFixed(2))}/${unit}`;
}

/** `52.4 ms`, `1.20 s`. */
export function formatMilliseconds(ms: number): string {
  return ms < 1000 ? `${threeDigits(ms)} ms` : `${threeDigits(ms / 1000)} s`;
}

/** `1,234,567`: the same everywhere, whatever the locale. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** `93 %`. */
export function formatShare(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** `99 %`, rounded down: 100 % means that nothing is left. */
export function formatDone(done: number, total: number): string {
  return total === 0 ? '100 %' : `${Math.floor(Math.min(done / total, 1) * 100)} %`;
}

/** `812 B`, `1.2 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${threeDigits(bytes / 1000)} kB`;
  return bytes < 1e9 ? `${threeDigits(bytes / 1e6)} MB` : `${threeDigits(bytes / 1e9)} GB`;
}

/** Three significant digits, at most two decimals. */
function threeDigits(value: number): string {
  if (value >= 99.95) return formatCount(value);
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

function padded(value: number): string {
  return String(value).padStart(2, '0');
}
