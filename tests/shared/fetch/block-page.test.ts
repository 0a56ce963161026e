import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BLOCK_SIGNATURES, blockPageOf, type Page } from '../../../shared/fetch/block-page.js';
import { PROJECT_ROOT } from '../../support/project-root.js';
import { fetcher, NEVER, serve } from './site.js';

const SEARCH = new URL('https://search.example/find?q=Yash');
const SHELL = '<noscript><meta content="0;url=/httpservice/retry/enablejs?sei=x"></noscript>';

const at = (url: string): Page => ({ url: new URL(url) });
const sent = (body: string): Page => ({ url: SEARCH, body: Buffer.from(body) });

/** For each signature, in the order of the table, an invented page of the same shape. */
const PAGES: readonly (readonly [site: string, page: Page, reason: string])[] = [
  ['Google', at('https://consent.google.com/m'), 'consent-page'],
  ['Google', sent('<form method="post" action="https://consent.google.com/save">'), 'consent-page'],
  ['Google', at('https://www.google.com/sorry/index'), 'robot-page'],
  ['Google', sent('<form id="captcha-form" action="index" method="post">'), 'robot-page'],
  ['Google', sent(`<html><head>${SHELL}`), 'javascript-page'],
  [
    'DuckDuckGo',
    sent(`<html>${' '.repeat(9_000)}<div class="anomaly-modal__title">Are you a duck?</div>`),
    'robot-page',
  ],
  ['Startpage', at('https://www.startpage.com/sp/captcha-block'), 'robot-page'],
  [
    'Startpage',
    sent('<script src="/sp/cdn/component---src-pages-captcha-tsx-0123.js"></script>'),
    'robot-page',
  ],
  ['Yandex', at('https://yandex.com/showcaptchafast?retpath=x'), 'robot-page'],
  ['Yandex', sent('<form method="POST" action="/checkcaptcha?key=x">'), 'robot-page'],
  ['Yandex', { headers: { 'x-yandex-captcha': 'captcha' } }, 'robot-page'],
  ['Bing', at('https://www.bing.com/turing/captcha/challenge?q='), 'robot-page'],
  [
    'Bing',
    sent('<div class="captcha"><iframe src="https://www.bing.com/turing/captcha/challenge?q=x">'),
    'robot-page',
  ],
  ['Cloudflare', { headers: { 'cf-mitigated': 'challenge' } }, 'robot-page'],
  [
    'Cloudflare',
    sent('<title>One moment</title><script>(function(){window._cf_chl_opt = {cvId: "3"};'),
    'robot-page',
  ],
];

test.each(BLOCK_SIGNATURES.map((signature, index) => [index, signature] as const))(
  'signature %i knows its page: %o',
  (index, { site, reason }) => {
    const [of, page, expected] = PAGES[index] ?? [];

    expect([of, expected]).toEqual([site, reason]);
    expect(page === undefined ? undefined : blockPageOf(page)).toBe(reason);
  },
);

test('blockPageOf() knows the other form of DuckDuckGo, and the blocked page of Startpage', () => {
  const form = sent('<form id="challenge-form" action="//duckduckgo.com/anomaly.js?sv=html&cc=x">');

  expect(blockPageOf(form)).toBe('robot-page');
  expect(blockPageOf(at('https://www.startpage.com/sp/cdn/error-pages/blocked.html'))).toBe(
    'robot-page',
  );
});

test.each([
  ['results', sent('<html><h1>Results</h1>')],
  [
    'results that name Google\u2019s shell further down',
    sent(`<html>${' '.repeat(5_000)}${SHELL}`),
  ],
  ['nothing', sent('')],
  ['a URL that names others', at('https://example.org/?next=/sorry/&host=consent.google.com')],
  [
    'results for the words of block pages',
    sent(
      '<title>anomaly-modal /turing/captcha/challenge &lt;form action=&quot;/checkcaptcha window._cf_chl_opt=</title>',
    ),
  ],
  [
    'a page behind Cloudflare',
    sent('<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js">'),
  ],
  ['other fields', { headers: { 'cf-ray': '1', 'x-yandex-req-id': '2' } }],
])('blockPageOf() takes %s for an answer', (_, page: Page) => {
  expect(blockPageOf(page)).toBeUndefined();
});

test.each([403, 404, 503, 200])(
  'get() reports a challenge with status %i as what it is',
  async (status) => {
    const site = await serve((_, response) => {
      response.writeHead(status, { 'CF-Mitigated': 'challenge' }).end('<title>One moment</title>');
    });

    const failed = fetcher().get(`${site.origin}/614`, { signal: NEVER });

    const facts = { status, url: `${site.origin}/614` };
    await expect(failed).rejects.toMatchObject({ reason: 'robot-page', facts });
  },
);

test('the README names the sites of all signatures', () => {
  const readme = readFileSync(join(PROJECT_ROOT, 'README.md'), 'utf8');
  const line = readme.split('\n').find((text) => text.includes('block pages of')) ?? '';
  const sites = new Set(BLOCK_SIGNATURES.map(({ site }) => site));

  expect([...sites].filter((site) => !line.includes(site))).toEqual([]);
});
