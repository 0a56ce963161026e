/** From flags to an exit code: what every command has in common. */

import { z } from 'zod';
import {
  CommandError,
  errorText,
  EXIT,
  type ExitCode,
  StoreUnavailableError,
} from '../shared/base/errors.js';
import { parseJson } from '../shared/base/json.js';
import { createLogger, type Logger } from '../shared/base/logger.js';
import { setInvocation } from '../shared/base/proposed-command.js';
import { safeText } from '../shared/base/safe-text.js';
import { findDataDirectory } from '../shared/embedded-redis/data-directory.js';
import { traceFields } from '../shared/queues/telemetry.js';
import {
  type Configuration,
  type Flags,
  readConfiguration,
  readEnvironmentFile,
  sourced,
  type Sources,
} from './configuration.js';
import { invocationOf, thisCaller } from './invocation.js';
import { asRedisTrouble, Session } from './session.js';
import { SETTINGS } from './settings.js';
import { noteProblem, noteWarning, type Terminal } from './terminal.js';

/** The body of a command; its value is the exit code of the process. */
export type Act = (session: Session) => Promise<ExitCode>;

/** A terminal that is closed sends SIGHUP: it stops a command as cleanly as Ctrl-C. */
const EXIT_CODES = {
  SIGINT: EXIT.interrupted,
  SIGTERM: EXIT.terminated,
  SIGHUP: EXIT.hungUp,
} as const;

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.keys forgets the keys of a constant
const STOP_SIGNALS = Object.keys(EXIT_CODES) as StopSignal[];

type StopSignal = keyof typeof EXIT_CODES;

/** One Ctrl-C under `npm run` is two signals within milliseconds: the terminal's, and npm's. */
const SAME_PRESS_MS = 300;

/** Pino's levels. */
const LEVELS: Readonly<Record<number, string>> = {
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

const INFO = 30;

const VALUE_LENGTH_MAX = 160;
const SENTENCE_LENGTH_MAX = 1000;

/** Fields that a sentence does not hold; the others are for programs. */
const SHOWN: ReadonlySet<string> = new Set(['error', 'path', 'leftOut']);

const LogLine = z.looseObject({ level: z.number(), time: z.number(), msg: z.string().default('') });

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

/** Says on stderr why a command failed, and returns its exit code. */
export function report(error: unknown, terminal: Terminal): ExitCode {
  const expected =
    error instanceof CommandError ? error : (storeTrouble(error) ?? asRedisTrouble(error));
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

/** A place of results that cannot be read: the worker, which writes there, meets this by itself. */
function storeTrouble(error: unknown): CommandError | undefined {
  if (!(error instanceof StoreUnavailableError)) return undefined;
  if (error.cause instanceof CommandError) return error.cause;
  const text = `${error.message}. Correct that, or give another place with --out.`;
  return new CommandError(EXIT.cannotWrite, text, { cause: error });
}

async function openSession(
  flags: Flags,
  terminal: Terminal,
  stop: Pick<StopWatch, 'signal' | 'onForce'>,
): Promise<Session> {
  const sources = await readSources(flags);
  const { configuration, warnings } = readConfiguration(sources);
  setInvocation(invocationOf(configuration, thisCaller()));
  if (sourced('dataDir', sources).source === 'found') {
    terminal.note(
      `Using ${configuration.dataDir}, as there is no ./data here (--data says otherwise).`,
    );
  }
  for (const line of warnings) noteWarning(line, terminal);
  const logger = openLogger(configuration, terminal);
  return new Session({ configuration, terminal, logger, ...stop });
}

/** What the configuration of a command in this directory is made of. */
export async function readSources(flags: Flags): Promise<Sources> {
  const directory = process.cwd();
  const file = await readEnvironmentFile(directory);
  const foundDataDir = await findDataDirectory(directory, SETTINGS.dataDir.fallback);
  return { flags, environment: process.env, file, foundDataDir };
}

/** JSON for programs; short lines on a terminal. */
function openLogger(configuration: Configuration, terminal: Terminal): Logger {
  const { logLevel, logFormat, otlpEndpoint } = configuration;
  const isText = (logFormat ?? (terminal.notesAreRead ? 'text' : 'json')) === 'text';
  const write = isText ? (line: string) => terminal.note(humanLogLine(line)) : undefined;
  return createLogger(logLevel, write, otlpEndpoint === undefined ? undefined : traceFields);
}

/** Handles signals. At the second one the process exits at once; an echo of the first does not count. */
function watchForStop(): StopWatch {
  const controller = new AbortController();
  const forced: (() => void)[] = [];
  let first: { readonly signal: StopSignal; readonly atMs: number } | undefined;
  const onSignal = (signal: StopSignal): void => {
    const nowMs = performance.now();
    if (first === undefined) {
      first = { signal, atMs: nowMs };
      controller.abort(new Interruption(signal));
      return;
    }
    if (signal === first.signal && nowMs - first.atMs < SAME_PRESS_MS) return;
    for (const act of forced) act();
    process.exit(EXIT_CODES[signal]);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    onForce: (act) => void forced.push(act),
    end: () => {
      for (const signal of STOP_SIGNALS) process.off(signal, onSignal);
    },
  };
}

/** The reason with which a command's signal aborts at SIGINT, SIGTERM or SIGHUP. */
class Interruption extends CommandError {
  /** The exit code counts where the command did not complete. */
  constructor(signal: StopSignal) {
    super(EXIT_CODES[signal], `Stopped by ${signal}`);
  }
}

interface StopWatch {
  /** Aborts at the first signal, with an {@link Interruption}. */
  readonly signal: AbortSignal;
  /** Takes what must be done before the process exits at once; it must be synchronous. */
  readonly onForce: (act: () => void) => void;
  /** Restores the default handling of signals. */
  readonly end: () => void;
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

/** `08:03:12 warn comic 614 failed: dns: …`: the sentence, which says it all; anything else as it is. */
export function humanLogLine(line: string): string {
  const parsed = LogLine.safeParse(parseJson(line)).data;
  const { level, time, msg, ...fields } = parsed ?? { level: 0, time: 0, msg: line.trimEnd() };
  if (level === 0) return safeText(msg);
  const clock = new Date(time).toTimeString().slice(0, 8);
  const name = level === INFO ? [] : [LEVELS[level] ?? String(level)];
  const shown = Object.entries(fields).filter(([field]) => level < INFO || SHOWN.has(field));
  const pairs = shown.map(([field, value]) => `${field}=${valueText(value)}`);
  return [clock, ...name, safeText(msg, SENTENCE_LENGTH_MAX), ...pairs].join(' ');
}

function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = safeText(text ?? '', VALUE_LENGTH_MAX);
  return safe.includes(' ') ? `"${safe}"` : safe;
}
