/** What one check found. */

import { CommandError, EXIT, errorText, type ExitCode } from '../../shared/base/errors.js';
import { safeText } from '../../shared/base/safe-text.js';

export interface CheckResult {
  readonly about: string;
  readonly level: 'ok' | 'warn' | 'fail';
  /** What was found and, where it is not well, what to do. */
  readonly text: string;
  /** What the command exits with where this is the first failure. */
  readonly exitCode: ExitCode;
}

/** A finding that is well or odd. */
export function found(about: string, level: 'ok' | 'warn', text: string): CheckResult {
  return { about, level, text, exitCode: EXIT.ok };
}

/** A failure, with the exit code that a command which needs it would end with. */
export function failed(about: string, error: unknown): CheckResult {
  const exitCode = error instanceof CommandError ? error.exitCode : EXIT.defect;
  return { about, level: 'fail', text: safeText(errorText(error), 500), exitCode };
}
