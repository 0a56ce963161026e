/** The colours of an outcome bar's parts: the same in the panel and on our pages. */
export const OUTCOME_STYLE = `
:is(.outcomes, .share) i { display: block; height: 100%; background: var(--cq-run); }
:is(.outcomes, .share) i:is(.kept, .recovered) { background: var(--cq-ideal); }
:is(.outcomes, .share) i.missing { background: var(--cq-baseline); }
:is(.outcomes, .share) i.failed { background: var(--cq-bad); }
:is(.outcomes, .share) i.cancelled { background: repeating-linear-gradient(135deg, var(--cq-ideal) 0 2px, transparent 2px 5px); }
:is(.outcomes, .share) i.left { background: transparent; }
.outcomes { display: flex; height: 8px; margin: 7px 0 4px; border-radius: 99px; background: var(--muted); overflow: hidden; min-width: 84px; }
`;
