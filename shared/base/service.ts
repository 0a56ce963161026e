/** Anything that runs until it is told to stop. Both calls may be repeated without harm. */
export interface Service {
  start(): Promise<void>;
  /** Resolves when truly stopped: no timers, sockets or child processes are left. */
  stop(): Promise<void>;
}
