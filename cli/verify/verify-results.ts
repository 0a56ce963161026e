/** `verify` as a person sees it. */

import { EXIT, type ExitCode } from '../../shared/base/errors.js';
import { safeText } from '../../shared/base/safe-text.js';
import { formatCount } from '../../shared/report/format.js';
import { openArchive } from '../../shared/store/open-store.js';
import { temporariesIn } from '../../shared/store/temporary-files.js';
import type { Session } from '../session.js';
import { type Damage, type Verification, verifyArchive } from './verification.js';

const PROBLEMS: Readonly<Record<Damage['problem'], string>> = {
  gone: 'is gone',
  size: 'has another size than was stored',
  content: 'has other content than was stored',
};

/** Verifies the results and says what was found; 1 when something is damaged. */
export async function verifyResults(session: Session, json: boolean): Promise<ExitCode> {
  const { outDir, terminal, signal } = session;
  const verification = await verifyArchive(openArchive(outDir), signal);
  const temporaries = await countTemporaries(outDir, signal);
  if (json) terminal.printJson({ out: outDir, ...verification, temporaries });
  else for (const line of linesOf(outDir, verification, temporaries)) terminal.print(line);
  return verification.damaged.length === 0 ? EXIT.ok : EXIT.jobFailed;
}

async function countTemporaries(outDir: string, signal: AbortSignal): Promise<number> {
  let count = 0;
  for await (const path of temporariesIn(outDir, signal)) count += path === '' ? 0 : 1;
  return count;
}

function linesOf(outDir: string, verification: Verification, temporaries: number): string[] {
  const { sound, damaged, unrecorded, files } = verification;
  const counts = Object.entries(files).map(([folder, count]) => `${formatCount(count)} ${folder}`);
  const lines = [
    ...damaged.map(({ key, problem }) => `${safeText(key)} ${PROBLEMS[problem]}`),
    `${outDir}: ${counts.join(', ') || 'no results'}; ${formatCount(sound)} sound, ${formatCount(damaged.length)} damaged`,
  ];
  if (unrecorded > 0) {
    lines.push(
      `${formatCount(unrecorded)} without a line in a journal: nothing to compare them with`,
    );
  }
  if (temporaries > 0) {
    lines.push(
      `${formatCount(temporaries)} half-written files of workers that were killed or are at work`,
    );
  }
  if (damaged.length > 0) lines.push('Fetch them again: comic-queue enqueue … --refetch');
  return lines;
}
