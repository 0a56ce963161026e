/** Keeps a page of ours up to date: asks the server for it again and puts in what has changed. */

import { element, write } from './element.js';

const EVERY_MS = 2000;

/** The server answers within two seconds, whatever Redis does; beyond this it is gone. */
const ANSWER_WITHIN_MS = 4000;

/** Refreshes the parts (`data-part`) of a page that says that it changes, while it can be seen. */
export function startRefresh(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-submits]')) {
    form.addEventListener('change', () => form.requestSubmit());
  }
  const main = document.querySelector<HTMLElement>('main[data-live]');
  if (main === null) return;
  const age = element('p', { class: 'notice', role: 'status', hidden: '' });
  main.prepend(age);
  let seenAtMs = Date.now();
  const round = async (): Promise<void> => {
    if (!document.hidden) {
      const problem = await refresh();
      if (problem === undefined) seenAtMs = Date.now();
      else write(age, `${problem} These figures are ${secondsSince(seenAtMs)} s old.`);
      age.hidden = problem === undefined;
      main.toggleAttribute('data-stale', problem !== undefined);
    }
    setTimeout(() => void round(), EVERY_MS);
  };
  setTimeout(() => void round(), EVERY_MS);
}

/** @returns what is wrong; undefined where the page is up to date. */
async function refresh(): Promise<string | undefined> {
  const address = `${location.origin}${location.pathname}${location.search}`;
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const response = await fetch(address, {
      signal,
      cache: 'no-cache',
      headers: { accept: 'text/html' },
    });
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    if (!response.ok)
      return page.querySelector('.notice')?.textContent?.trim() ?? response.statusText;
    for (const part of page.querySelectorAll('[data-part]')) putIn(part);
    return undefined;
  } catch {
    return 'The board’s server does not answer.';
  }
}

/** Replaces a part by a newer one; what had the focus has it again. */
function putIn(part: Element): void {
  const shown = document.getElementById(part.id);
  if (shown === null || shown.innerHTML === part.innerHTML) return;
  const focused = shown.contains(document.activeElement)
    ? document.activeElement?.getAttribute('href')
    : undefined;
  shown.replaceChildren(...part.childNodes);
  if (typeof focused === 'string') {
    shown.querySelector<HTMLElement>(`[href="${CSS.escape(focused)}"]`)?.focus();
  }
}

function secondsSince(ms: number): number {
  return Math.max(1, Math.round((Date.now() - ms) / 1000));
}
