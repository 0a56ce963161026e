/** An origin that runs. */

export interface Site {
  readonly url: string;
  readonly name: string;
  stop(): Promise<void>;
}
