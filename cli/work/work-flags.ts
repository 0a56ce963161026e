/** What was typed after `work`, and what it means for the end. */

import { EXIT, type ExitCode } from '../../shared/base/errors.js';
import type { Flags } from '../configuration.js';
import type { Session } from '../session.js';

export interface WorkFlags {
  /** As typed, for the processes that this one starts. */
  readonly flags: Flags;
  readonly drain: boolean;
  readonly json: boolean;
  /** Process id of the supervisor that started this worker. */
  readonly parent: string | undefined;
}

/** A service that was told to stop has come to its end; a drain has not. */
export function exitCodeOfStop({ signal }: Session, drain: boolean): ExitCode {
  if (drain) signal.throwIfAborted();
  return EXIT.ok;
}

/** Says that the first signal was heard. */
export function noteStopping({ terminal }: Session, { parent }: WorkFlags): void {
  if (parent === undefined) terminal.note('Stopping: what is in flight is being finished.');
}
