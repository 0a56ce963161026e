/** What the pages of docs/ say that a machine can check: links, commands, messages. */

import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { expect, test } from 'vitest';
import { commonCommand, COMMANDS } from '../../cli/program.js';
import { PROJECT_ROOT } from '../support/project-root.js';

const ROOT_PAGES = ['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md'];

/** Where messages are written. */
const SOURCES = ['cli', 'producer', 'worker', 'dashboard', 'shared'];

interface Page {
  readonly path: string;
  readonly text: string;
}

const docs = (await readdir(join(PROJECT_ROOT, 'docs'))).filter((name) => name.endsWith('.md'));
const pages = await Promise.all(
  [...ROOT_PAGES, ...docs.map((name) => `docs/${name}`)].map(readPage),
);

test('every link leads somewhere, to a heading too', async () => {
  const broken: string[] = [];
  for (const page of pages) {
    for (const [, link = ''] of page.text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      if (!(await leadsSomewhere(page, link))) broken.push(`${page.path}: ${link}`);
    }
  }

  expect(broken).toEqual([]);
});

test('every page of docs/ can be found from its index', () => {
  const index = pages.find(({ path }) => path === 'docs/README.md')?.text ?? '';

  expect(docs.filter((name) => name !== 'README.md' && !index.includes(`(${name})`))).toEqual([]);
});

test('commands in the pages have the names and options of the program', async () => {
  const known = await knownOptions();
  const unknown: string[] = [];
  for (const { path, text } of pages) {
    for (const line of commandLines(text)) {
      const [name = '', ...words] = line.split(/\s+/);
      const options = known.get(name);
      const flags = words.map((word) => word.split('=', 1)[0] ?? '').filter(isFlag);
      const fits = options !== undefined && flags.every((flag) => options.has(flag));
      if (!fits) unknown.push(`${path}: ${line}`);
    }
  }

  expect(unknown).toEqual([]);
});

test('messages that people look up are messages of the program', async () => {
  const { text } = await readPage('docs/troubleshooting.md');
  const section = text.split('## A command ends at once')[1]?.split('\n## ')[0] ?? '';
  const messages = [...section.matchAll(/^\| (.+?) +\| \d+ /gm)].map(([, message = '']) => message);
  const sources = await sourceText();

  const parts = messages.flatMap((message) => message.split('…')).map((part) => part.trim());
  expect(messages.length).toBeGreaterThan(10);
  expect(parts.filter((part) => !sources.includes(part))).toEqual([]);
});

async function readPage(path: string): Promise<Page> {
  return { path, text: await readFile(join(PROJECT_ROOT, path), 'utf8') };
}

async function leadsSomewhere({ path, text }: Page, link: string): Promise<boolean> {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? path : normalize(join(dirname(path), file));
  if (anchor === undefined) {
    return readdir(join(PROJECT_ROOT, dirname(target))).then(
      (names) => names.includes(target.split('/').at(-1) ?? ''),
      () => false,
    );
  }
  const there = file === '' ? text : await readFile(join(PROJECT_ROOT, target), 'utf8');
  return headings(there).includes(anchor);
}

/** The anchors that GitHub makes of headings. */
function headings(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

/** What follows `comic-queue` in blocks and in code within sentences. */
function commandLines(text: string): string[] {
  return [...text.matchAll(/(?<![\w./{-])comic-queue ((?:[a-z]+)(?: [^`\n|;&)]*)?)/g)]
    .filter(({ index }) => isCode(text, index))
    .map(([, line = '']) => line.split(' #', 1)[0]?.trim() ?? '');
}

/** Whether a place is within a block or between two backticks of its line. */
function isCode(text: string, index: number): boolean {
  const before = text.slice(0, index);
  if (((before.match(/^```/gm) ?? []).length & 1) === 1) return true;
  const line = before.slice(before.lastIndexOf('\n') + 1);
  return ((line.match(/`/g) ?? []).length & 1) === 1;
}

function isFlag(word: string): boolean {
  return /^--?[a-z]/.test(word);
}

async function knownOptions(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const known = new Map<string, ReadonlySet<string>>([['help', new Set()]]);
  for (const entry of COMMANDS) {
    const command = commonCommand(new Command(), entry);
    const define = await entry.load();
    define(command, async () => {});
    const options = command.options.flatMap(({ short, long }) => [short ?? '', long ?? '']);
    known.set(entry.name, new Set([...options, '-h', '--help']));
  }
  return known;
}

async function sourceText(): Promise<string> {
  const files = await Promise.all(
    SOURCES.map(async (layer) => {
      const names = await readdir(join(PROJECT_ROOT, layer), { recursive: true });
      return names.filter((name) => name.endsWith('.ts')).map((name) => join(layer, name));
    }),
  );
  const texts = await Promise.all(files.flat().map(readPage));
  return texts.map(({ text }) => text).join('\n');
}
