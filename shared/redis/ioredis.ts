/** ioredis, loaded as the CommonJS package that it is. */

import { createRequire } from 'node:module';
import type * as IORedis from 'ioredis';

/** What the package exports, loaded without the search for names that an import costs (see `bullmq`). */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- A package is what its types describe.
export const ioredis = createRequire(import.meta.url)('ioredis') as typeof IORedis;
