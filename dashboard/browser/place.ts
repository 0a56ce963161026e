/** Keeping the panel on the page: Bull Board draws itself anew whenever it likes. */

/**
 * Puts `host` at the top of Bull Board's main column where `wanted` says so, and keeps it there.
 * `onPath` is told of every change of the address.
 */
export function keepInPlace(
  host: HTMLElement,
  wanted: () => boolean,
  onPath: (path: string) => void,
): void {
  let path = '';
  const settle = (): void => {
    const main = document.querySelector('#root > main');
    if (main === null) return;
    if (!wanted()) host.remove();
    else if (main.firstElementChild !== host) main.prepend(host);
    if (path === location.pathname) return;
    path = location.pathname;
    onPath(path);
  };
  // Bull Board changes the page whenever it changes the address: one observer sees both.
  new MutationObserver(settle).observe(document.body, { childList: true, subtree: true });
  addEventListener('popstate', settle);
  settle();
}
