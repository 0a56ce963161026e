/**
 * The stand-in in a process of its own, so that what it costs is not taken from the worker. It is
 * forked: its settings come as JSON in the first argument, it says where it listens by a message,
 * and it ends when its parent is gone, however that came about.
 */

import type { OriginInput } from './options.js';
import { createOrigin } from './server.js';

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the parent, of the same version, has written
const origin = createOrigin(JSON.parse(process.argv[2] ?? '{}') as OriginInput);

// Signals of the terminal reach every process in it; the parent still needs the stand-in to stop in order.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
process.on('disconnect', () => process.exit(0));
await origin.start();
process.send?.({ url: origin.url });
