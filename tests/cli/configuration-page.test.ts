import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EMBEDDED_REDIS_VARIABLES, SETTING_NAMES, settingOf } from '../../cli/settings.js';
import { KIND_NAMES, kindOf } from '../../shared/kinds/kinds.js';
import { ACL_RULES, ACL_RULES_OF_CLUSTER } from '../../shared/redis/rights.js';
import { code, tableOf } from '../support/markdown-page.js';
import { PROJECT_ROOT } from '../support/project-root.js';

type Row = readonly [variable: string, flag: string, fallback: string, meaning: string];

/** The page from the table of settings: `npx vitest run tests/cli/configuration-page.test.ts -u` writes it. */
test('docs/configuration.md says what the table of settings says', async () => {
  const rows = [...settingRows(), ...siteRows(), ...embeddedRows()];

  await expect(pageOf(rows)).toMatchFileSnapshot(join(PROJECT_ROOT, 'docs/configuration.md'));
});

function pageOf(rows: readonly Row[]): string {
  return [
    '# Configuration',
    '',
    'A flag overrides the environment, the environment overrides the file `.env` in the working directory, and that overrides the default. `comic-queue config` shows each value and where it came from. An empty variable counts as not set. One message lists everything that is wrong; the exit code is 2 for flags and 78 for the rest. An unknown `COMIC_QUEUE_…` variable gets a warning.',
    '',
    ...tableOf([['Variable', 'Flag', 'Default', 'What it is'], ...rows]),
    '',
    '## Rights in Redis',
    '',
    'The user of `REDIS_URL` needs no more rights than these. Grant them with `redis-cli`, with a name and a password of your own; on a cluster, on each node and with the second line added. `doctor` names what is missing.',
    '',
    `    ACL SETUSER comic-queue on >PASSWORD ${ACL_RULES}`,
    `    ACL SETUSER comic-queue ${ACL_RULES_OF_CLUSTER}`,
    '',
    '## Through a proxy',
    '',
    'Requests to sites go through the proxy in `HTTPS_PROXY` (else `ALL_PROXY`), `http://` or `https://`, with user and password in the URL if it needs them. `NO_PROXY` lists the hosts to ask directly, separated by commas: `example.org`, `.example.org` for all below it, `*` for all. The same names in lower case work, too, and take precedence. All are read from the environment, not from `.env`. This machine is always asked directly; since http is allowed nowhere else, `HTTP_PROXY` has no effect. A proxy that is not a URL ends a command with 78; a fetch through one that refuses or cannot be reached fails with the reason `connection`.',
    '',
  ].join('\n');
}

function settingRows(): Row[] {
  return SETTING_NAMES.map((name) => {
    const { variable, flag, fallback, otherwise, summary } = settingOf(name);
    const without = fallback === undefined ? (otherwise ?? '') : code(fallback);
    return [code(variable), flag === undefined ? '' : code(flag), without, summary];
  });
}

function siteRows(): Row[] {
  return KIND_NAMES.flatMap((name): Row[] => {
    const { site, plural } = kindOf(name);
    if (site === undefined) return [];
    const { urlVariable, defaultUrl, placeholder, latest } = site;
    const rows: Row[] = [
      [
        code(urlVariable),
        '',
        code(defaultUrl),
        `where ${plural} come from; https, or http on this machine; must hold ${code(placeholder)}`,
      ],
    ];
    if (latest === undefined) return rows;
    const meaning = `where the latest of the ${plural} is asked for`;
    return [...rows, [code(latest.urlVariable), '', code(latest.defaultUrl), meaning]];
  });
}

function embeddedRows(): Row[] {
  return Object.entries(EMBEDDED_REDIS_VARIABLES).map(([variable, { summary, otherwise }]) => [
    code(variable),
    '',
    otherwise.includes(' ') ? otherwise : code(otherwise),
    `${summary} (environment only)`,
  ]);
}
