/** Loads the handler of a kind by its name, so that a new kind is two files and one line in the map. */

import { CommandError, EXIT } from '../../shared/base/errors.js';
import type { KindName } from '../../shared/kinds/kinds.js';
import type { Handler } from './handler.js';

interface HandlerModule {
  readonly handler?: Handler<KindName>;
}

/**
 * Loads `<kind>.js`. The build checks that every kind has one (`npm run build`), so a
 * missing file is a defect of the build, not of the job.
 */
export async function loadHandler(kind: KindName): Promise<Handler<KindName>> {
  const file = new URL(`./${kind}.js`, import.meta.url).href;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the build has checked what the module exports
  const loaded = (await import(/* @vite-ignore */ file)) as HandlerModule;
  if (loaded.handler === undefined) {
    throw new CommandError(EXIT.defect, `worker/handlers/${kind}.ts exports no "handler"`);
  }
  return loaded.handler;
}
