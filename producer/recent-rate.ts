/** Jobs a second over the last few seconds: what a person wants to see, not what is reported. */

/** Looks older than this count no more. */
const WINDOW_MS = 5000;

export class RecentRate {
  private looks: { readonly atMs: number; readonly done: number }[] = [];

  /** Takes a look; returns jobs a second over the window, undefined where nothing moved in it. */
  add(atMs: number, done: number): number | undefined {
    this.looks = this.looks.filter((look) => atMs - look.atMs <= WINDOW_MS);
    this.looks.push({ atMs, done });
    const [oldest] = this.looks;
    if (oldest === undefined || done <= oldest.done) return undefined;
    return ((done - oldest.done) / (atMs - oldest.atMs)) * 1000;
  }
}
