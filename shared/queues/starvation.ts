/** A lane that starves: jobs wait in it and nobody takes them. */

/** Jobs that wait longer than this with none started are not about to be taken. */
export const STARVING_AFTER_MS = 60_000;

/** What is looked at. */
export interface LaneActivity {
  readonly waiting: number;
  readonly active: number;
  readonly paused: boolean;
  /** How long the job that is next has been waiting, in milliseconds. */
  readonly oldestWaitingMs: number;
}

/** Jobs waiting, none started for a minute, not paused. */
export function isStarving({ waiting, active, paused, oldestWaitingMs }: LaneActivity): boolean {
  return waiting > 0 && active === 0 && !paused && oldestWaitingMs >= STARVING_AFTER_MS;
}
