/** The last step of the build: every kind of the map has its handler, or the build fails. */

import { KIND_NAMES } from '../shared/kinds/kinds.js';
import { loadHandler } from './load-handler.js';

await Promise.all(KIND_NAMES.map(loadHandler));
