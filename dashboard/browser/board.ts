/**
 * The one script of every page. It runs in the head, before anything is painted: the theme that was
 * chosen holds from the first frame on.
 */

import { startPanel } from './panel.js';
import { startRefresh } from './refresh.js';
import { followTheme } from './theme.js';

followTheme();
if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
else start();

function start(): void {
  startPanel();
  startRefresh();
}
