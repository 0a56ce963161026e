/** Before the tests in a browser: the Chromium inside an npm package, with its fonts and libraries. */

/** Only for this place does the package unpack the libraries that Chromium is linked against. */
const PLACE = { variable: 'AWS_EXECUTION_ENV', value: 'AWS_Lambda_nodejs20.x' } as const;

/**
 * Unpacks them once, so that test files that run side by side find them whole, and tells the tests
 * where by `COMIC_QUEUE_TEST_BROWSER` and `COMIC_QUEUE_TEST_BROWSER_LIBRARIES`.
 */
export async function setup(): Promise<void> {
  const before = { ...process.env };
  process.env[PLACE.variable] = PLACE.value;
  const { default: chromium } = await import('@sparticuz/chromium');
  const path = await chromium.executablePath();
  const libraries = process.env['LD_LIBRARY_PATH'] ?? '';
  // Other programs keep the libraries of the system.
  restore('LD_LIBRARY_PATH', before);
  restore(PLACE.variable, before);
  process.env['COMIC_QUEUE_TEST_BROWSER'] = path;
  process.env['COMIC_QUEUE_TEST_BROWSER_LIBRARIES'] = libraries;
}

function restore(variable: string, before: NodeJS.ProcessEnv): void {
  const value = before[variable];
  if (value === undefined) Reflect.deleteProperty(process.env, variable);
  else process.env[variable] = value;
}
