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
    'A flag goes before the environment, the environment before the file `.env` in the working directory, and that before the default. `comic-queue config` shows each value and where it came from. An empty variable is one that is not set. Everything that is wrong is said at once: exit code 2 for flags, 78 for the rest. A `COMIC_QUEUE_…` variable that means nothing gets a warning.',
    '',
    ...tableOf([['Variable', 'Flag', 'Default', 'What it is'], ...rows]),
    '',
    '## Rights in Redis',
    '',
    'The user of `REDIS_URL` needs no more than this (`redis-cli`, with a name and a password of your own; on a cluster on each node, with the second line added). `doctor` names what is missing.',
    '',
    `    ACL SETUSER comic-queue on >PASSWORD ${ACL_RULES}`,
    `    ACL SETUSER comic-queue ${ACL_RULES_OF_CLUSTER}`,
    '',
    '## Through a proxy',
    '',
    'Sites are asked through the proxy in `HTTPS_PROXY` (else `ALL_PROXY`), `http://` or `https://`, with user and password in it if it wants them. `NO_PROXY` lists the hosts that are asked without: `example.org`, `.example.org` for all below it, `*` for all, separated by commas. The names in lower case count as well, and before the others; they are read from the environment alone, not from `.env`. This machine is never asked through a proxy; since http is allowed nowhere else, `HTTP_PROXY` has nothing to say. A proxy that is no URL ends a command with 78; one that refuses or is not there ends a fetch as `connection`.',
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
  return Object.entries(EMBEDDED_REDIS_VARIABLES).map(([variable, meaning]) => [
    code(variable),
    '',
    '',
    `${meaning} (environment only)`,
  ]);
}
