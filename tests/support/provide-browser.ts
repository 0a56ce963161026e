/** For the tests in a browser: one Chromium, that inside an npm package, with its fonts and libraries. */

import { chromium as launcher } from 'playwright-core';

/** Only for this place does the package unpack the libraries that Chromium is linked against. */
const PLACE = { variable: 'AWS_EXECUTION_ENV', value: 'AWS_Lambda_nodejs20.x' } as const;

/** No background requests: the machine that tests may have no network. */
const CHROMIUM_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Starts the browser of all test files and tells them where by `COMIC_QUEUE_TEST_BROWSER`; what it
 * returns ends it.
 */
export async function setup(): Promise<() => Promise<void>> {
  const { executablePath, libraries } = await unpack();
  const server = await launcher.launchServer({
    executablePath,
    args: CHROMIUM_ARGUMENTS,
    headless: true,
    env: { ...process.env, LD_LIBRARY_PATH: libraries },
  });
  process.env['COMIC_QUEUE_TEST_BROWSER'] = server.wsEndpoint();
  return () => server.close();
}

/** Unpacks Chromium and its libraries, once. */
async function unpack(): Promise<{ executablePath: string; libraries: string }> {
  const before = { ...process.env };
  process.env[PLACE.variable] = PLACE.value;
  const { default: chromium } = await import('@sparticuz/chromium');
  const executablePath = await chromium.executablePath();
  const libraries = process.env['LD_LIBRARY_PATH'] ?? '';
  // Other programs keep the libraries of the system.
  restore('LD_LIBRARY_PATH', before);
  restore(PLACE.variable, before);
  return { executablePath, libraries };
}

function restore(variable: string, before: NodeJS.ProcessEnv): void {
  const value = before[variable];
  if (value === undefined) Reflect.deleteProperty(process.env, variable);
  else process.env[variable] = value;
}
