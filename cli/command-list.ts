/** The commands: their names here, each in a file of its own that is loaded when it is called. */

import type { Define } from './command.js';

export interface CommandEntry {
  readonly name: string;
  /** How its arguments are written in the list of commands. */
  readonly usage?: string;
  readonly summary: string;
  load(): Promise<Define>;
}

/** In the order of `--help`. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'enqueue',
    usage: '<kind> <words…>',
    summary: 'make a run of comics, searches or sleeps',
    load: async () => (await import('./commands/enqueue.js')).defineEnqueue,
  },
  {
    name: 'work',
    summary: 'start a worker: fetch and keep what is queued',
    load: async () => (await import('./commands/work.js')).defineWork,
  },
  {
    name: 'dashboard',
    summary: 'serve the board',
    load: async () => (await import('./commands/dashboard.js')).defineDashboard,
  },
  {
    name: 'compare',
    usage: '<kind> <words…>',
    summary: 'measure one job at a time against many',
    load: async () => (await import('./commands/compare.js')).defineCompare,
  },
  {
    name: 'demo',
    summary: 'all of it on this machine, offline',
    load: async () => (await import('./commands/demo.js')).defineDemo,
  },
  {
    name: 'runs',
    summary: 'list the runs',
    load: async () => (await import('./commands/runs.js')).defineRuns,
  },
  {
    name: 'status',
    usage: '[run]',
    summary: 'show lanes, workers and the newest runs',
    load: async () => (await import('./commands/status.js')).defineStatus,
  },
  {
    name: 'wait',
    usage: '<run>',
    summary: 'wait for a run to end',
    load: async () => (await import('./commands/wait.js')).defineWait,
  },
  {
    name: 'cancel',
    usage: '<run>',
    summary: 'give up what is left of a run',
    load: async () => (await import('./commands/cancel.js')).defineCancel,
  },
  {
    name: 'failed',
    usage: '<run>',
    summary: 'list what failed in a run, as input for another',
    load: async () => (await import('./commands/failed.js')).defineFailed,
  },
  {
    name: 'retry',
    usage: '<run>',
    summary: 'try again what failed in a run',
    load: async () => (await import('./commands/retry.js')).defineRetry,
  },
  {
    name: 'pause',
    usage: '<lane>',
    summary: 'take no more jobs from a lane',
    load: async () => (await import('./commands/pause.js')).definePause,
  },
  {
    name: 'resume',
    usage: '<lane>',
    summary: 'take jobs from a lane again',
    load: async () => (await import('./commands/resume.js')).defineResume,
  },
  {
    name: 'rate',
    usage: '<kind> <rate>',
    summary: 'limit how often a site is asked',
    load: async () => (await import('./commands/rate.js')).defineRate,
  },
  {
    name: 'verify',
    summary: 'check every kept result',
    load: async () => (await import('./commands/verify.js')).defineVerify,
  },
  {
    name: 'doctor',
    summary: 'check this machine, Redis and the configuration',
    load: async () => (await import('./commands/doctor.js')).defineDoctor,
  },
  {
    name: 'origin',
    summary: 'serve a local stand-in for the sites',
    load: async () => (await import('./commands/origin.js')).defineOrigin,
  },
];
