/** Bounds on what a page may ask for: Bull Board itself sets none. */

import type { RequestHandler } from 'express';
import { refuse } from '../problem.js';

/** Jobs a page. Measured: 300 jobs of 1 MB made one page of 300 MB. */
const JOBS_PER_PAGE_MAX = 100;

/** Pages deeper than this cost Redis more than anybody learns from them. */
const PAGE_MAX = 100_000;

/** Answers 400 to pages of a size nobody reads. */
export function queryGuard(): RequestHandler {
  return (request, response, next) => {
    const within = isAtMost(request.query['jobsPerPage'], JOBS_PER_PAGE_MAX);
    if (within && isAtMost(request.query['page'], PAGE_MAX)) next();
    else refuse(response, 400, `At most ${JOBS_PER_PAGE_MAX} jobs a page, and pages are numbers`);
  };
}

function isAtMost(value: unknown, max: number): boolean {
  if (value === undefined) return true;
  return typeof value === 'string' && /^\d{1,9}$/.test(value) && Number(value) <= max;
}
