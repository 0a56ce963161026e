/** The stand-in as a process: `node origin-process.js OPTIONS`; prints its URL when it listens. */

import { OriginOptions } from '../../origin/options.js';
import { createOrigin } from '../../origin/server.js';

const LATEST = 2_000_000;

const options = OriginOptions.partial().parse(JSON.parse(process.argv[2] ?? '{}'));
const origin = createOrigin({ ...options, latest: LATEST, gzip: false });
await origin.start();
process.stdout.write(`${origin.url}\n`);
process.once('SIGTERM', () => void origin.stop().then(() => process.exit(0)));
