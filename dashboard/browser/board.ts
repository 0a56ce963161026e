/**
 * The one script of every page. It runs in the head, before anything is painted: the theme that was
 * chosen holds from the first frame on.
 */

import { startControls } from './controls.js';
import { startPanel } from './panel.js';
import { startRefresh } from './refresh.js';
import { followTheme } from './theme.js';

document.documentElement.dataset['script'] = '';
followTheme();
if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
else start();

function start(): void {
  startPanel();
  startRefresh();
  startControls();
}
