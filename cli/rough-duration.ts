/** Times in whole numbers of one unit, for people who want to know about how long. */

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** Two of a unit are needed before it is used: 90 minutes say more than 1 hour. */
const FEWEST = 2;

/** `45 s`, `12 min`, `24 h`, `3 d`; never less than a second. */
export function roughDuration(ms: number): string {
  const [unit, unitMs] = UNITS.find(([, one]) => ms >= FEWEST * one) ?? ['s', 1000];
  return `${Math.max(1, Math.round(ms / unitMs))} ${unit}`;
}
