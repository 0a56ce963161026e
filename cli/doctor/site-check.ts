/** Which sites are configured, and with `--online` whether they answer. */

import { fetchLatest } from '../../producer/latest.js';
import { KIND_NAMES, kindOf } from '../../shared/kinds/kinds.js';
import type { Session } from '../session.js';
import { siteText } from '../../shared/base/safe-text.js';
import { userAgentOf } from '../user-agent.js';
import { type CheckResult, failed, found } from './check-result.js';

/** A line a site; sites without a latest number are not asked: each request would be a search. */
export async function* checkSites(session: Session, online: boolean): AsyncGenerator<CheckResult> {
  const { sites, contact } = session.configuration;
  for (const name of KIND_NAMES) {
    const site = sites[name];
    if (site === undefined) continue;
    const { plural } = kindOf(name);
    yield found('site', 'ok', `${plural} come from ${siteText(site.url)}`);
    if (!online || site.latestUrl === undefined) continue;
    try {
      const latest = await fetchLatest(site, userAgentOf(contact), session.signal);
      yield found('site', 'ok', `the site of ${plural} answers: its latest is ${latest}`);
    } catch (error) {
      yield failed('site', error);
    }
  }
}
