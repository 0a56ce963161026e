/**
 * Jobs in people's words. A formatter of Bull Board that throws turns the page of its queue into an
 * error, and a job may be anybody's: each of these takes anything.
 */

import { REASONS } from '../../shared/base/outcome.js';
import { safeText } from '../../shared/base/safe-text.js';
import { type KindName, kindOf } from '../../shared/kinds/kinds.js';
import { parseData, parseEnding } from '../../shared/queues/job.js';
import {
  formatBytes,
  formatMilliseconds,
  formatRate,
  formatSpeedUp,
} from '../../shared/report/format.js';
import { Report, reportTitle } from '../../shared/report/report.js';

/** What of a foreign job's data is shown at most, in characters of JSON. */
const PAYLOAD_LENGTH_MAX = 4096;

/** `614`, `Your Name`, `2`: what the job is about; its own name where it is not one of ours. */
export function jobName(kind: KindName, job: unknown): string {
  const { name, data } = fieldsOf(job);
  const payload = parseData(kind, data);
  const word = payload === undefined ? String(name) : kindOf(kind).format(payload.input);
  return safeText(word, 120);
}

/** The title of a run without its number: Bull Board shows the id before it. */
export function runJobName(job: unknown): string {
  return safeText(String(fieldsOf(job)['name']).replace(/^run-\d+ · /, ''));
}

/** Data as it is, unless it is too large to be sent to a page. */
export function jobPayload(data: unknown): unknown {
  const text = JSON.stringify(data) ?? '';
  if (text.length <= PAYLOAD_LENGTH_MAX) return data;
  return {
    cutShort: `${formatBytes(text.length)} of JSON, of which this is the start`,
    start: safeText(text.slice(0, PAYLOAD_LENGTH_MAX), PAYLOAD_LENGTH_MAX),
  };
}

/** How a job ended, with its fields named. */
export function jobResult(value: unknown): unknown {
  const ending = parseEnding(value);
  if (ending === undefined) return jobPayload(value);
  return {
    reason: ending.reason,
    meaning: REASONS[ending.reason].meaning,
    started: new Date(ending.startedAtMs).toISOString(),
    took: formatMilliseconds(ending.elapsedMs),
    fetch: ending.fetchMs > 0 ? formatMilliseconds(ending.fetchMs) : 'nothing was fetched',
    stored: formatBytes(ending.bytes),
    attempt: ending.attempt,
    status: ending.status,
  };
}

/** The report of a run, with its result in one line before it. */
export function runResult(value: unknown): unknown {
  const parsed = Report.safeParse(value);
  if (!parsed.success) return jobPayload(value);
  const report = parsed.data;
  const speedUp = report.comparison?.speedUp;
  return {
    result: reportTitle(report),
    ...(report.throughputPerSecond === null
      ? {}
      : { throughput: formatRate(report.throughputPerSecond) }),
    ...(typeof speedUp === 'number' ? { speedUp: formatSpeedUp(speedUp) } : {}),
    report,
  };
}

function fieldsOf(job: unknown): Readonly<Record<string, unknown>> {
  return typeof job === 'object' && job !== null ? Object.fromEntries(Object.entries(job)) : {};
}
