/** The checks of `doctor`, one after the other, each with one line. */

import { EXIT, type ExitCode } from '../../shared/base/errors.js';
import type { Session } from '../session.js';
import type { Style } from '../terminal.js';
import { checkContact, checkNode } from './local-check.js';
import { checkDirectories } from './directory-check.js';
import type { CheckResult } from './check-result.js';
import { checkRedis } from './redis-check.js';
import { checkSites } from './site-check.js';

export interface ExaminationFlags {
  readonly online: boolean;
  readonly json: boolean;
}

const STYLES: Readonly<Record<CheckResult['level'], Style>> = {
  ok: 'green',
  warn: 'yellow',
  fail: 'red',
};

/** Runs every check whatever the others find; the exit code is that of the first failure. */
export async function examine(session: Session, flags: ExaminationFlags): Promise<ExitCode> {
  const results: CheckResult[] = [];
  for await (const result of checks(session, flags.online)) {
    results.push(result);
    if (!flags.json) show(session, result);
  }
  if (flags.json) session.terminal.printJson({ checks: results });
  return results.find(({ level }) => level === 'fail')?.exitCode ?? EXIT.ok;
}

async function* checks(session: Session, online: boolean): AsyncGenerator<CheckResult> {
  yield checkNode(process.versions.node);
  yield* checkDirectories(session);
  yield* checkRedis(session);
  yield* checkSites(session, online);
  yield checkContact(session.configuration);
}

function show({ terminal }: Session, { level, text }: CheckResult): void {
  terminal.print(`${terminal.styleData(STYLES[level], level.padEnd(4))}  ${text}`);
}
