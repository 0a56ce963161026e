/** .env.example names settings that exist, with the defaults they have. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import { knownVariables } from '../../cli/configuration.js';
import { readSites, siteVariables } from '../../shared/kinds/site.js';
import { PROJECT_ROOT } from '../support/project-root.js';

test('.env.example names settings that exist, and the sites that are asked by default', async () => {
  const text = await readFile(join(PROJECT_ROOT, '.env.example'), 'utf8');
  const shown = parseEnv(text.replaceAll(/^#(?=[A-Z])/gm, ''));

  const sites = Object.fromEntries(siteVariables().map((name) => [name, shown[name]]));

  expect(Object.keys(shown).filter((name) => !knownVariables().includes(name))).toEqual([]);
  expect(readSites(sites, [])).toEqual(readSites({}, []));
});
