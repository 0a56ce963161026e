/** The HTML the stand-in sends. Everything that came in is escaped on its way out. */

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text made fit for an element or a quoted attribute. */
function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title></head><body>${body}</body></html>\n`;
}

const RESULTS = 10;

/** An invented page of results for a term. */
export function searchPage(term: string): string {
  const shown = escapeHtml(term);
  const results = Array.from({ length: RESULTS }, (_, index) => {
    const rank = index + 1;
    return `<li><h3><a href="https://result-${rank}.example.invalid/?q=${encodeURIComponent(term)}">${shown}: result ${rank}</a></h3><p>An invented page about <em>${shown}</em>, number ${rank} of ${RESULTS}.</p></li>`;
  });
  return page(
    `${shown} - Search`,
    `<form action="/search"><input name="q" value="${shown}"></form><ol id="results">${results.join('')}</ol>`,
  );
}

/** What nginx says when there is nothing. */
export const NOT_FOUND_PAGE =
  '<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n';

/** What a search site says to what it takes for a program. */
export const ROBOT_PAGE = page(
  'Sorry...',
  '<h1>Our systems have detected unusual traffic from your computer network</h1><form id="captcha-form" action="index" method="post"><p>Show that you are not a robot.</p></form>',
);

/** A page without results that asks the browser to run a script first. */
export const JAVASCRIPT_PAGE = page(
  'Search',
  '<noscript><meta http-equiv="refresh" content="0;url=/httpservice/retry/enablejs?sei=invented"><p>Please <a href="/httpservice/retry/enablejs?sei=invented">turn on JavaScript</a>.</p></noscript><script>window.sgs=0;</script>',
);

/** A page for people where an answer for programs was asked for. */
export const MAINTENANCE_PAGE = page(
  'Back soon',
  '<h1>Back soon</h1><p>We are watering the servers.</p>',
);
