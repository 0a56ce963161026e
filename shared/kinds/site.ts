/** The site of each kind: as the environment says, or the kind's default. */

import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { proposed, proposedWith } from '../base/proposed-command.js';
import { isHidden, mapQuery, siteText } from '../base/safe-text.js';
import {
  KIND_NAMES,
  kindOf,
  kindsAskedBy,
  recordKindOf,
  type AnyInput,
  type KindName,
} from './kinds.js';

/** A kind's site, as configured. */
export interface Site {
  /** URL template with the kind's placeholder. */
  readonly url: string;
  /** Answers with the site's latest number. */
  readonly latestUrl?: string;
}

/** Names of parameters that hold a key. */
const KEY_NAME = /(?:key|token|secret|auth|sig|signature|password|passwd|pwd)$/i;

export type Sites = Readonly<Partial<Record<KindName, Site>>>;

/** Lists the variables that configure sites, in the order of the kinds. */
export function siteVariables(): string[] {
  return KIND_NAMES.flatMap((name) => {
    const site = kindOf(name).site;
    if (site === undefined) return [];
    return [site.urlVariable, ...(site.latest === undefined ? [] : [site.latest.urlVariable])];
  });
}

/**
 * Reads the sites of all kinds. Adds a line to `problems` for each problem, so that all of them are
 * shown at once.
 */
export function readSites(
  environment: Readonly<Record<string, string | undefined>>,
  problems: string[],
): Sites {
  const sites: Partial<Record<KindName, Site>> = {};
  for (const name of KIND_NAMES) {
    const declared = kindOf(name).site;
    if (declared === undefined) continue;
    const url = environment[declared.urlVariable] ?? declared.defaultUrl;
    note(problems, declared.urlVariable, templateProblem(url, declared.placeholder));
    const latest = declared.latest;
    if (latest === undefined) {
      sites[name] = { url };
      continue;
    }
    const latestUrl = environment[latest.urlVariable] ?? latest.defaultUrl;
    note(problems, latest.urlVariable, urlProblem(latestUrl));
    sites[name] = { url, latestUrl };
  }
  return sites;
}

/** Fills a site's URL template with an input. */
export function urlOf(name: KindName, site: Site, input: AnyInput): string {
  const kind = kindOf(name);
  if (kind.site === undefined) return site.url;
  return site.url.replaceAll(kind.site.placeholder, () => encodeURIComponent(kind.format(input)));
}

/**
 * By what sites are told apart: a URL template without the values of its query, besides that of the
 * placeholder, because there may be a key among them. No more than this is stored in Redis and beside
 * results, and it may be shown. Another value is another site, so a digest stands for each; but none for
 * what is a key by its name: a site stays the same when its key is renewed. Idempotent.
 */
export function siteIdentity(template: string): string {
  return mapQuery(template, (name, value) => {
    if (value.includes('{') || isHidden(value)) return value;
    return KEY_NAME.test(name) ? '[hidden]' : `[hidden:${digestOf(value)}]`;
  });
}

function digestOf(value: string): string {
  return createHash('sha256').update(value).digest('hex').slice(0, 10);
}

/**
 * The file of a kind's site that a URL in a record names, as it stands for the placeholder: the path
 * below that of the kind's own site. Undefined for a URL of any other host, so that no record leads
 * a worker there; but a site on this machine stands in for all hosts, and a mirror for the kind's.
 */
export function fileOfUrl(name: KindName, site: Site, text: string): string | undefined {
  const declared = kindOf(name).site;
  if (declared === undefined || !URL.canParse(text, declared.defaultUrl)) return undefined;
  const url = new URL(text, declared.defaultUrl);
  const own = new URL(declared.defaultUrl.replaceAll(declared.placeholder, ''));
  const hosts = [own.host, new URL(urlOfFile(name, site, '')).host];
  const isOurs = hosts.includes(url.host) || isLocalSite(site);
  return isOurs && url.pathname.startsWith(own.pathname)
    ? url.pathname.slice(own.pathname.length)
    : undefined;
}

/** Fills a site's URL template with a file of {@link fileOfUrl}. */
export function urlOfFile(name: KindName, site: Site, file: string): string {
  return site.url.replaceAll(kindOf(name).site?.placeholder ?? '', () => file);
}

/**
 * Whether a kind and its records would come one from this machine and one from elsewhere: what was
 * meant for a stand-in must not reach the real site, nor be kept as if it came from there.
 */
export function areSitesMixed(name: KindName, sites: Sites): boolean {
  return mixedSitesText(name, sites) !== undefined;
}

/** A clause that says so, with what to set; undefined where they go together. */
export function mixedSitesText(name: KindName, sites: Sites): string | undefined {
  const record = recordKindOf(name);
  if (record === undefined) return undefined;
  const [own, other] = [sites[name], sites[record]];
  if (own === undefined || other === undefined || isLocalSite(own) === isLocalSite(other)) {
    return undefined;
  }
  const places = `${siteText(own.url)}, but their records from ${siteText(other.url)}`;
  const variables = kindsAskedBy(name).map((kind) => kindOf(kind).site?.urlVariable);
  return `${kindOf(name).plural} come from ${places} (set both ${variables.join(' and ')})`;
}

/** The command that starts a worker for a run's site. */
export function proposedWorker(name: KindName, site: string): string {
  return proposedAt(name, site, 'work');
}

/** A command that asks a run's site, whatever is configured in the terminal it is pasted into. */
export function proposedAt(
  name: KindName,
  site: string,
  verb: string,
  ...words: readonly string[]
): string {
  const declared = kindOf(name).site;
  const identity = siteIdentity(site);
  if (declared === undefined || site === '' || identity === siteIdentity(declared.defaultUrl))
    return proposed(verb, ...words);
  // What is hidden is not known here: in the shell that has it, the variable stands for it.
  return identity.includes('[hidden')
    ? `${declared.urlVariable}="$${declared.urlVariable}" ${proposed(verb, ...words)}`
    : proposedWith({ [declared.urlVariable]: site }, verb, ...words);
}

/** Whether a host is this machine, the only one that plain http may go to. */
export function isLoopbackHost(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  if (bare === 'localhost' || bare === '::1') return true;
  return isIP(bare) === 4 && bare.startsWith('127.');
}

/** Whether a site is on this machine. */
export function isLocalSite(site: Site): boolean {
  return isLoopbackHost(new URL(site.url.replaceAll(/[{}]/g, '')).hostname);
}

function templateProblem(template: string, placeholder: string): string | undefined {
  if (!template.includes(placeholder)) return `it must hold ${placeholder}`;
  const filled = template.replaceAll(placeholder, '1');
  const refusal = urlProblem(filled);
  if (refusal !== undefined) return refusal;
  return new URL(filled).host === new URL(template.replaceAll(placeholder, '2')).host
    ? undefined
    : `${placeholder} cannot stand in the host`;
}

function urlProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return 'it is not a URL';
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return 'it cannot hold a password';
  if (url.protocol === 'https:') return undefined;
  if (url.protocol !== 'http:') return 'it must start with https://';
  return isLoopbackHost(url.hostname) ? undefined : 'http is only for this machine; use https';
}

function note(problems: string[], variable: string, refusal: string | undefined): void {
  if (refusal !== undefined) problems.push(`${variable}: ${refusal}`);
}
