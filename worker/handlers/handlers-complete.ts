/** The last step of the build: fails unless every kind of the map has its handler. */

import { KIND_NAMES } from '../../shared/kinds/kinds.js';
import { loadHandler } from './handler.js';

await Promise.all(KIND_NAMES.map(loadHandler));
