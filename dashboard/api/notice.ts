/** A line above the figures of the panel: the server composes most of them, the browser the rest. */

/** What is wrong, or might be done. */
export interface Notice {
  readonly tone: 'bad' | 'warning' | 'hint';
  readonly text: string;
  /** What to type about it; undefined where there is nothing to type. */
  readonly command?: string | undefined;
  /** The run whose page it points to. */
  readonly run?: number | undefined;
}
