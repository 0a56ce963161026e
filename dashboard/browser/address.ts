/** The address of the page, within the path that the board is served under. */

/** The path of the address within the board: `/queue/comics`. */
export function currentPath(): string {
  return location.pathname.slice(basePath().length - 1);
}

/** A URL for `fetch` and links; without the login that the address may hold, which `fetch` refuses. */
export function urlOf(path: string): string {
  return `${location.origin}${basePath()}${path}`;
}

/** Where the board is served, with a slash at both ends. */
function basePath(): string {
  return new URL(document.baseURI).pathname;
}
