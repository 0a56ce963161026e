import { describe, expect, it } from 'vitest';
import { siteText } from '../../../shared/base/safe-text.js';
import { KINDS } from '../../../shared/kinds/kinds.js';
import {
  areSitesMixed,
  fileOfUrl,
  isLocalSite,
  isLoopbackHost,
  mixedSitesText,
  proposedWorker,
  readSites,
  siteIdentity,
  siteVariables,
  urlOf,
  urlOfFile,
} from '../../../shared/kinds/site.js';

function problemsOf(environment: Record<string, string>): string[] {
  const problems: string[] = [];
  readSites(environment, problems);
  return problems;
}

describe('readSites()', () => {
  it('knows the sites of all kinds that have one', () => {
    const problems: string[] = [];

    expect(readSites({}, problems)).toMatchObject({
      comic: {
        url: 'https://xkcd.com/{id}/info.0.json',
        latestUrl: 'https://xkcd.com/info.0.json',
      },
      picture: { url: 'https://imgs.xkcd.com/comics/{file}' },
      search: { url: 'https://www.google.com/search?q={term}' },
    });
    expect(problems).toEqual([]);
  });

  it('takes others from the environment', () => {
    const sites = readSites(
      {
        COMIC_QUEUE_COMIC_URL: 'http://127.0.0.1:3001/{id}/info.0.json',
        COMIC_QUEUE_COMIC_LATEST_URL: 'http://[::1]:3001/info.0.json',
        COMIC_QUEUE_SEARCH_URL: 'https://search.invalid/?q={term}&again={term}',
      },
      [],
    );

    expect(sites.comic?.latestUrl).toBe('http://[::1]:3001/info.0.json');
    expect(sites.search?.url).toContain('search.invalid');
  });

  it.each([
    [{ COMIC_QUEUE_COMIC_URL: 'https://xkcd.com/' }, 'COMIC_QUEUE_COMIC_URL: it must hold {id}'],
    [{ COMIC_QUEUE_COMIC_URL: 'xkcd {id}' }, 'COMIC_QUEUE_COMIC_URL: it is not a URL'],
    [
      { COMIC_QUEUE_COMIC_URL: 'https://{id}.xkcd.com/' },
      'COMIC_QUEUE_COMIC_URL: {id} cannot stand in the host',
    ],
    [
      { COMIC_QUEUE_SEARCH_URL: 'http://search.invalid/{term}' },
      'COMIC_QUEUE_SEARCH_URL: http is only for this machine; use https',
    ],
    [
      { COMIC_QUEUE_SEARCH_URL: 'ftp://search.invalid/{term}' },
      'COMIC_QUEUE_SEARCH_URL: it must start with https://',
    ],
    [
      { COMIC_QUEUE_COMIC_LATEST_URL: 'https://anna@xkcd.com/' },
      'COMIC_QUEUE_COMIC_LATEST_URL: it cannot hold a password',
    ],
    [
      { COMIC_QUEUE_COMIC_LATEST_URL: 'https://:geheim@xkcd.com/' },
      'COMIC_QUEUE_COMIC_LATEST_URL: it cannot hold a password',
    ],
  ])('refuses %j', (environment, problem) => {
    expect(problemsOf(environment)).toEqual([problem]);
  });

  it('names all problems at once', () => {
    const variables = siteVariables();

    const problems = problemsOf(Object.fromEntries(variables.map((name) => [name, 'x'])));

    expect(variables.slice(0, 4)).toEqual([
      'COMIC_QUEUE_COMIC_URL',
      'COMIC_QUEUE_COMIC_LATEST_URL',
      'COMIC_QUEUE_PICTURE_URL',
      'COMIC_QUEUE_SEARCH_URL',
    ]);
    expect(problems).toHaveLength(variables.length);
  });
});

describe('urlOf()', () => {
  it('fills the input in, encoded, wherever it is asked for', () => {
    const site = { url: 'https://search.invalid/{term}?q={term}' };

    expect(urlOf('search', site, { term: 'a b/$&?' })).toBe(
      'https://search.invalid/a%20b%2F%24%26%3F?q=a%20b%2F%24%26%3F',
    );
    expect(urlOf('comic', { url: 'https://x.invalid/{id}' }, { id: 7 })).toBe(
      'https://x.invalid/7',
    );
  });

  it('leaves the URL of a kind alone that asks no site', () => {
    expect(urlOf('sleep', { url: 'https://x.invalid/' }, { seconds: 1 })).toBe(
      'https://x.invalid/',
    );
  });
});

describe('fileOfUrl()', () => {
  const DEFAULT = KINDS.picture.site?.defaultUrl ?? '';
  const MIRROR = 'https://mirror.invalid/all/{file}';
  const STAND_IN = 'http://127.0.0.1:4000/comics/{file}';

  it.each([
    [DEFAULT, 'https://imgs.xkcd.com/comics/kettle.png', 'kettle.png'],
    [DEFAULT, 'http://imgs.xkcd.com/comics/kettle.png', 'kettle.png'],
    [DEFAULT, '//imgs.xkcd.com/comics/landing/kettle_(1).jpg', 'landing/kettle_(1).jpg'],
    [DEFAULT, 'https://imgs.xkcd.com/comics/ke ttle.png?v=2#x', 'ke%20ttle.png'],
    [DEFAULT, 'https://imgs.xkcd.com/comics/../secret.png', undefined],
    [DEFAULT, 'https://imgs.xkcd.com.invalid/comics/kettle.png', undefined],
    [DEFAULT, 'https://imgs.xkcd.com@other.invalid/comics/kettle.png', undefined],
    [DEFAULT, 'http://127.0.0.1/comics/kettle.png', undefined],
    [DEFAULT, 'https://[', undefined],
    [MIRROR, 'https://imgs.xkcd.com/comics/kettle.png', 'kettle.png'],
    [MIRROR, 'https://mirror.invalid/comics/kettle.png', 'kettle.png'],
    [MIRROR, 'https://other.invalid/comics/kettle.png', undefined],
    [STAND_IN, 'https://imgs.example.invalid/comics/kettle.png', 'kettle.png'],
  ])('at %s finds %s as %j', (url, named, file) => {
    expect(fileOfUrl('picture', { url }, named)).toBe(file);
  });

  it('finds none for a kind without a site', () => {
    expect(fileOfUrl('sleep', { url: DEFAULT }, DEFAULT)).toBeUndefined();
  });
});

describe('mixedSitesText()', () => {
  const REAL = { url: 'https://xkcd.com/{id}' };
  const LOCAL = { url: 'http://localhost/{id}' };

  it('objects to a stand-in for one of two sites that belong together', () => {
    expect(mixedSitesText('picture', { comic: LOCAL, picture: REAL })).toBe(
      'pictures come from https://xkcd.com/{id}, but their records from http://localhost/{id} (set both COMIC_QUEUE_PICTURE_URL and COMIC_QUEUE_COMIC_URL)',
    );
    expect(areSitesMixed('picture', { comic: REAL, picture: LOCAL })).toBe(true);
  });

  it('and to nothing else', () => {
    expect(areSitesMixed('picture', { comic: LOCAL, picture: LOCAL })).toBe(false);
    expect(areSitesMixed('picture', { comic: REAL, picture: REAL })).toBe(false);
    expect(areSitesMixed('picture', { picture: REAL })).toBe(false);
    expect(areSitesMixed('comic', { comic: LOCAL, search: REAL })).toBe(false);
  });
});

describe('urlOfFile()', () => {
  it('fills the file in as it is', () => {
    const site = { url: 'https://mirror.invalid/{file}?size=full' };

    expect(urlOfFile('picture', site, 'landing/a%20b.png')).toBe(
      'https://mirror.invalid/landing/a%20b.png?size=full',
    );
    expect(urlOfFile('sleep', { url: 'https://x.invalid/' }, '')).toBe('https://x.invalid/');
  });
});

describe('isLoopbackHost()', () => {
  it.each(['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]'])('is true of %s', (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  });

  it.each(['xkcd.com', '127.0.0.1.xkcd.com', '128.0.0.1', '::2', 'localhost.xkcd.com'])(
    'is false of %s',
    (host) => {
      expect(isLoopbackHost(host)).toBe(false);
    },
  );
});

describe('isLocalSite()', () => {
  it('looks at the host of the template', () => {
    expect(isLocalSite({ url: 'http://localhost:3001/{id}' })).toBe(true);
    expect(isLocalSite({ url: 'https://xkcd.com/{id}' })).toBe(false);
  });
});

describe('siteIdentity()', () => {
  it.each([
    ['https://x.example/{id}', 'https://x.example/{id}'],
    ['https://x.example/s?q={term}', 'https://x.example/s?q={term}'],
    [
      'https://x.example/s?apiKey=1&q={term}&sig=2',
      'https://x.example/s?apiKey=[hidden]&q={term}&sig=[hidden]',
    ],
    ['https://x.example/s?of=%20{term}&n=#a', 'https://x.example/s?of=%20{term}&n=#a'],
  ])('of %s is %s', (template, identity) => {
    expect(siteIdentity(template)).toBe(identity);
  });

  it('tells values apart without storing them, and is its own identity', () => {
    const [german, english] = ['de', 'en'].map((language) =>
      siteIdentity(`https://x.example/s?lang=${language}&q={term}`),
    );

    expect(german).toMatch(/\?lang=\[hidden:[0-9a-f]{10}\]&q=\{term\}$/);
    expect(german).not.toBe(english);
    expect(siteIdentity(german ?? '')).toBe(german);
    expect(siteText(german ?? '')).toBe(german);
  });
});

describe('proposedWorker()', () => {
  it("names the site only where it is not the kind's own", () => {
    const defaultUrl = KINDS.comic.site?.defaultUrl ?? '';

    expect(proposedWorker('comic', defaultUrl)).toBe('comic-queue work');
    expect(proposedWorker('comic', '')).toBe('comic-queue work');
    expect(proposedWorker('sleep', 'any')).toBe('comic-queue work');
    expect(proposedWorker('comic', 'http://localhost/{id}?key=secret')).toBe(
      'COMIC_QUEUE_COMIC_URL="$COMIC_QUEUE_COMIC_URL" comic-queue work',
    );
    expect(proposedWorker('comic', siteIdentity('http://localhost/{id}?key=secret'))).toBe(
      'COMIC_QUEUE_COMIC_URL="$COMIC_QUEUE_COMIC_URL" comic-queue work',
    );
    expect(proposedWorker('comic', 'http://localhost/{id}')).toBe(
      "COMIC_QUEUE_COMIC_URL='http://localhost/{id}' comic-queue work",
    );
  });
});
