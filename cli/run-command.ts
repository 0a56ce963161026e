/** From flags to an exit code: what every command has in common. */

import { CommandError, errorText, EXIT, type ExitCode } from '../shared/base/errors.js';
import { createLogger, type Logger } from '../shared/base/logger.js';
import { safeText } from '../shared/base/safe-text.js';
import { type Configuration, type Flags, readConfiguration } from './configuration.js';
import { readEnvironmentFile } from './environment-file.js';
import { Interruption, type StopWatch, watchForStop } from './interruption.js';
import { humanLogLine } from './log-line.js';
import { noteProblem, noteWarning } from './problem.js';
import { asRedisTrouble } from './redis-trouble.js';
import { Session } from './session.js';
import type { Terminal } from './terminal.js';

/** What a command does; its value is the exit code of the process. */
export type Act = (session: Session) => Promise<ExitCode>;

/**
 * Reads the configuration, runs the command with a session, closes the session, and turns every
 * ending into an exit code and at most one message.
 */
export async function runCommand(flags: Flags, terminal: Terminal, act: Act): Promise<ExitCode> {
  const stop = watchForStop();
  const signal = AbortSignal.any([stop.signal, terminal.outputClosed]);
  try {
    const session = await openSession(flags, terminal, { ...stop, signal });
    try {
      return await act(session);
    } finally {
      await session.close();
    }
  } catch (error) {
    if (stop.signal.aborted && isAbort(error)) return interruptionCode(stop.signal);
    if (terminal.outputClosed.aborted && isAbort(error)) return EXIT.ok;
    return report(error, terminal);
  } finally {
    stop.end();
  }
}

/** Says on stderr why a command ended, and with which code. */
export function report(error: unknown, terminal: Terminal): ExitCode {
  const expected = error instanceof CommandError ? error : asRedisTrouble(error);
  if (expected !== undefined) {
    noteProblem(expected.message, terminal);
    noteCause(expected, terminal);
    return expected.exitCode;
  }
  noteProblem(
    `${safeText(errorText(error), 500)} (a defect: please report it, with what COMIC_QUEUE_LOG=debug adds)`,
    terminal,
  );
  noteCause(error, terminal);
  return EXIT.defect;
}

async function openSession(
  flags: Flags,
  terminal: Terminal,
  stop: Pick<StopWatch, 'signal' | 'onForce'>,
): Promise<Session> {
  const file = await readEnvironmentFile(process.cwd());
  const { configuration, warnings } = readConfiguration({ flags, environment: process.env, file });
  for (const line of warnings) noteWarning(line, terminal);
  const logger = openLogger(configuration, terminal);
  return new Session({ configuration, terminal, logger, ...stop });
}

/** JSON for programs; short lines for a person who watches. */
function openLogger({ logLevel }: Configuration, terminal: Terminal): Logger {
  return terminal.canRedrawNotes
    ? createLogger(logLevel, (line) => terminal.note(humanLogLine(line)))
    : createLogger(logLevel);
}

function isAbort(error: unknown): boolean {
  if (error instanceof Interruption) return true;
  return error instanceof Error && (error.name === 'AbortError' || isAbort(error.cause));
}

function interruptionCode(signal: AbortSignal): ExitCode {
  return signal.reason instanceof Interruption ? signal.reason.exitCode : EXIT.interrupted;
}

function noteCause(error: unknown, terminal: Terminal): void {
  if (process.env['COMIC_QUEUE_LOG'] !== 'debug' || !(error instanceof Error)) return;
  terminal.note(error.stack ?? '');
  noteCause(error.cause, terminal);
}
