/** `verify`: checks that every result is still what was stored. */

import { createHash } from 'node:crypto';
import { lineOfWord } from '../../producer/input-file.js';
import { EXIT, type ExitCode } from '../../shared/base/errors.js';
import { proposed } from '../../shared/base/proposed-command.js';
import { safeText, siteText } from '../../shared/base/safe-text.js';
import { KIND_NAMES, type KindName, kindOf } from '../../shared/kinds/kinds.js';
import type { Site, Sites } from '../../shared/kinds/site.js';
import { formatCount } from '../../shared/report/format.js';
import { latestRecords } from '../../shared/store/journal.js';
import { openArchive } from '../../shared/store/open-store.js';
import { keyText, parseKey } from '../../shared/store/result-key.js';
import type { ResultArchive, ResultRecord } from '../../shared/store/result-store.js';
import { requireKind } from '../arguments.js';
import { type CommonCommand, type Execute, withExamples } from '../command.js';
import type { Session } from '../session.js';
import { SETTINGS } from '../settings.js';

/** Files read at once. */
const READS_AT_ONCE = 8;

const PAGE_RESULTS = 1000;

/** Inputs of a command that is proposed: more would not fit on a screen. */
const WORDS_MAX = 100;

const PROBLEMS: Readonly<Record<Damage['problem'], string>> = {
  gone: 'is gone',
  size: 'has another size than was stored',
  content: 'has other content than was stored',
  unreadable: 'cannot be read',
};

/** Gives `verify` its options and action. */
export function defineVerify(command: CommonCommand, execute: Execute): void {
  withExamples(command, [
    ['verify', 'the results in ./data; exit code 1 when one is damaged'],
    ['verify --input comics', 'the damaged comics, as input for enqueue'],
    ['verify --input comics | comic-queue get comics --refetch --input -', 'fetch them again'],
    ['verify --out /srv/comics', 'the results of another directory, or s3://bucket/prefix'],
  ])
    .option('--out <place>', `${SETTINGS.outDir.summary} (default: ${SETTINGS.outDir.otherwise})`)
    .option('--input <kind>', 'print only the damaged results of a kind, as --input reads them')
    .action(async ({ data, json, out, input }) => {
      await execute({ dataDir: data, outDir: out }, (session) => {
        const kind = input === undefined ? undefined : requireKind(input);
        return verifyResults(session, { json: json === true, kind });
      });
    });
}

/** Verifies the results and prints what was found; 1 when one is damaged. */
async function verifyResults(
  session: Session,
  { json, kind }: { readonly json: boolean; readonly kind: KindName | undefined },
): Promise<ExitCode> {
  const { outDir, terminal, signal } = session;
  const archive = openArchive(outDir);
  const verification = await verifyArchive(archive, signal);
  if (kind !== undefined) return printInput(session, kind, verification);
  const temporaries = await countTemporaries(archive, signal);
  if (json) terminal.printJson({ out: outDir, ...verification, temporaries });
  else for (const line of linesOf(session, verification, temporaries)) terminal.print(line);
  return verification.damaged.length === 0 ? EXIT.ok : EXIT.jobFailed;
}

/** The inputs on stdout, and what was found on stderr: the first goes into a pipe. */
function printInput(
  { outDir, terminal, configuration: { sites } }: Session,
  kind: KindName,
  { damaged }: Verification,
): ExitCode {
  const { plural } = kindOf(kind);
  const ofKind = damaged.filter(({ key }) => key.startsWith(`${plural}/`));
  for (const damage of ofKind) {
    const word = wordOf(kind, sites[kind], damage);
    if (word === undefined) terminal.note(`# ${safeText(damage.key)}: its input cannot be told`);
    else terminal.print(lineOfWord(word));
  }
  terminal.note(`${outDir}: ${formatCount(ofKind.length)} of the ${plural} are damaged`);
  return ofKind.length === 0 ? EXIT.ok : EXIT.jobFailed;
}

async function countTemporaries(archive: ResultArchive, signal: AbortSignal): Promise<number> {
  let count = 0;
  for await (const path of archive.temporaries(signal)) count += path === '' ? 0 : 1;
  return count;
}

function linesOf(
  { outDir, configuration: { sites } }: Session,
  verification: Verification,
  temporaries: number,
): string[] {
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
  return [...lines, ...commandsToRefetch(damaged, sites)];
}

/** A command for each kind of damaged results. */
function commandsToRefetch(damaged: readonly Damage[], sites: Sites): string[] {
  return KIND_NAMES.flatMap((name) => {
    const { plural } = kindOf(name);
    const ofKind = damaged.filter(({ key }) => key.startsWith(`${plural}/`));
    const words = ofKind.flatMap((one) => wordOf(name, sites[name], one) ?? []);
    if (words.length === 0) return [];
    const command = proposed('enqueue', plural, ...words.slice(0, WORDS_MAX), '--refetch');
    const count = words.length > WORDS_MAX ? `the first ${formatCount(WORDS_MAX)}` : 'them';
    return [`Fetch ${count} again: ${command}`];
  });
}

/** The word that asks for a result: by its name, or by the URL that answered; undefined where it cannot be told. */
function wordOf(name: KindName, site: Site | undefined, { key, url }: Damage): string | undefined {
  const kind = kindOf(name);
  const named = kind.wordOfFile?.(key.slice(key.indexOf('/') + 1));
  if (named !== undefined) return named === '' ? undefined : named;
  const [before = '', after = ''] = siteText(site?.url ?? '').split(kind.site?.placeholder ?? '');
  if (!url.startsWith(before) || !url.endsWith(after)) return undefined;
  const encoded = url.slice(before.length, url.length - after.length);
  const word = new URLSearchParams(`word=${encoded}`).get('word') ?? '';
  return !word.startsWith('-') && kind.parse(word).type === 'sequence' ? word : undefined;
}

interface Damage {
  /** `comics/614.json`. */
  readonly key: string;
  readonly problem: 'gone' | 'size' | 'content' | 'unreadable';
  /** Where it was fetched from. */
  readonly url: string;
}

interface Verification {
  /** Results that are what the journal says. */
  readonly sound: number;
  readonly damaged: readonly Damage[];
  /** Results that are in no journal: their worker died before it wrote the line. */
  readonly unrecorded: number;
  /** Number of files by folder. */
  readonly files: Readonly<Record<string, number>>;
}

/** Reads every result once. Rejects with the signal's reason when it aborts. */
async function verifyArchive(archive: ResultArchive, signal: AbortSignal): Promise<Verification> {
  const records = await latestRecords(recordsOfFiles(archive));
  const damaged: Damage[] = [];
  const pending = records.values();
  const readers = Array.from({ length: READS_AT_ONCE }, async () => {
    for (const record of pending) {
      signal.throwIfAborted();
      const problem = await problemOf(archive, record);
      if (problem !== undefined) damaged.push({ key: record.key, problem, url: record.url });
    }
  });
  await Promise.all(readers);
  const { files, unrecorded } = await countFiles(archive, records);
  return {
    sound: records.size - damaged.length,
    damaged: damaged.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    unrecorded,
    files,
  };
}

async function* recordsOfFiles(archive: ResultArchive): AsyncGenerator<ResultRecord> {
  for await (const record of archive.records()) {
    if (record.sha256 !== undefined) yield record;
  }
}

async function problemOf(
  archive: ResultArchive,
  record: ResultRecord,
): Promise<Damage['problem'] | undefined> {
  let body: Buffer | undefined;
  try {
    body = await archive.read(parseKey(record.key));
  } catch {
    // Of another user, or a directory: the others are still worth a look.
    return 'unreadable';
  }
  if (body === undefined) return 'gone';
  if (body.length !== record.bytes) return 'size';
  const sha256 = createHash('sha256').update(body).digest('hex');
  return sha256 === record.sha256 ? undefined : 'content';
}

async function countFiles(
  archive: ResultArchive,
  records: ReadonlyMap<string, ResultRecord>,
): Promise<Pick<Verification, 'files' | 'unrecorded'>> {
  const files = new Map<string, number>();
  let unrecorded = 0;
  for (const name of KIND_NAMES) {
    const folder = kindOf(name).plural;
    let after: string | undefined;
    do {
      const page = await archive.list(folder, { after, limit: PAGE_RESULTS });
      if (page.results.length > 0) {
        files.set(folder, (files.get(folder) ?? 0) + page.results.length);
      }
      unrecorded += page.results.filter(({ key }) => !records.has(keyText(key))).length;
      after = page.next;
    } while (after !== undefined);
  }
  return { files: Object.fromEntries(files), unrecorded };
}
