import { CHART_SHAPES, chartColours } from '../../shared/report/chart-file.js';
import { OUTCOME_STYLE } from '../pages/style.js';

/**
 * How the panel looks. It lives in a shadow tree, where Bull Board's styles do not reach, and takes
 * its colours from the theme's variables, which do: it changes with the theme, without a redraw.
 */
export const PANEL_STYLE = `${CHART_SHAPES}${OUTCOME_STYLE}
${chartColours({
  paper: 'var(--card)',
  text: 'var(--foreground)',
  quiet: 'var(--muted-foreground)',
  grid: 'var(--border)',
  run: 'var(--cq-run)',
  baseline: 'var(--cq-baseline)',
  overlay: 'var(--cq-overlay)',
  ideal: 'var(--cq-ideal)',
})}
:host {
  display: block; container-type: inline-size; color: var(--foreground);
  font-family: var(--font-sans); font-size: 14px; line-height: 1.45;
}
:host([data-waiting]) .panel > :not(header) { visibility: hidden; }
:host-context(#root) { margin-bottom: -1.5rem; }
@media (max-width: 768px) { :host-context(#root) { margin-bottom: 0; } }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
.panel {
  background: var(--card); border: 1px solid var(--border); border-radius: var(--radius-lg);
  padding: 20px 24px 14px;
}
header { display: flex; flex-wrap: wrap; align-items: center; gap: 10px 16px; margin-bottom: 16px; }
h2 { font-size: 17px; font-weight: 600; margin: 0; letter-spacing: -.01em; }
h2 a { color: inherit; text-decoration: none; }
h2 a:hover { text-decoration: underline; }
.state {
  display: inline-flex; align-items: center; gap: 7px; padding: 2px 11px 2px 9px; border-radius: 14px;
  font-size: 12.5px; font-weight: 500; background: var(--muted); color: var(--secondary-foreground);
}
.state::before { content: ''; flex: none; width: 7px; height: 7px; border-radius: 50%; background: var(--cq-ideal); }
.state[data-tone='live']::before { background: var(--cq-good); animation: beat 1.6s ease-in-out infinite; }
.state[data-tone='good']::before { background: var(--cq-good); }
.state[data-tone='bad']::before { background: var(--cq-bad); }
.state[data-tone='warning']::before { background: var(--cq-baseline); }
.body.stale { opacity: .5; }
@keyframes beat { 50% { opacity: .25; } }
.choices { margin-left: auto; display: flex; flex-wrap: wrap; gap: 8px 14px; }
.choice { display: inline-flex; min-width: 0; max-width: 100%; align-items: center; gap: 7px; font-size: 12.5px; color: var(--muted-foreground); }
select {
  font: inherit; font-size: 13px; color: var(--foreground); background: var(--background); max-width: 250px;
  border: 1px solid var(--input); border-radius: var(--radius); padding: 5px 8px; text-overflow: ellipsis;
}
:is(select, a, button, summary, .drawing):focus-visible { outline: 2px solid var(--cq-run); outline-offset: 2px; }
.body { display: grid; gap: 20px 32px; }
.figures { display: grid; grid-template-columns: 1fr 1fr; gap: 18px 20px; align-content: start; margin: 0; }
.figure { display: flex; flex-direction: column; min-width: 0; }
dt { font-size: 12.5px; color: var(--muted-foreground); display: flex; align-items: center; gap: 8px; }
dd { margin: 0; }
.value { font-size: 28px; font-weight: 600; letter-spacing: -.025em; line-height: 1.2; font-variant-numeric: tabular-nums; white-space: nowrap; }
.unit { font-size: 13.5px; font-weight: 400; letter-spacing: 0; color: var(--muted-foreground); margin-left: 5px; }
.note { min-height: 1.45em; font-size: 12.5px; color: var(--muted-foreground); font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.sentence { font-size: 14px; font-variant-numeric: tabular-nums; margin: 2px 0; }
.sentence:empty { display: none; }
.wide { grid-column: 1 / -1; }
.speed-up .value { font-size: 58px; font-weight: 700; letter-spacing: -.045em; line-height: 1.05; color: var(--cq-run); }
.speed-up.none .value { font-size: 32px; line-height: 1.3; color: var(--muted-foreground); }
.speed-up.none .note { font-size: 14px; color: var(--foreground); }
.key { width: 22px; height: 0; border-top: 3px solid var(--cq-run); flex: none; }
.key.baseline { border-top: 2.5px dashed var(--cq-baseline); }
.key.ray { border-top: 2px dotted var(--cq-baseline); }
.key.overlay { border-color: var(--cq-overlay); }
.key.ideal { border-top: 1.5px solid var(--cq-ideal); }
.key.ring { width: 13px; height: 13px; border: 2.5px solid var(--cq-baseline); border-radius: 50%; }
.charts { min-width: 0; }
.toolbar { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 18px; margin-bottom: 4px; min-height: 30px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 0 auto 0 0; padding: 0; list-style: none; font-size: 12.5px; color: var(--secondary-foreground); }
.legend li { display: inline-flex; align-items: center; gap: 7px; white-space: nowrap; }
.segments { display: inline-flex; border: 1px solid var(--input); border-radius: var(--radius); overflow: hidden; }
.segments button { font: inherit; font-size: 12.5px; border: 0; padding: 4px 11px; color: var(--secondary-foreground); background: transparent; cursor: pointer; }
.segments button + button { border-left: 1px solid var(--input); }
.segments button:hover { background: var(--muted); }
.segments button[aria-pressed='true'] { background: var(--cq-run); color: var(--cq-on-run); font-weight: 500; }
.drawing { position: relative; border-radius: var(--radius); touch-action: pan-y; }
svg { display: block; max-width: 100%; overflow: visible; }
.rule { position: absolute; width: 1px; background: var(--muted-foreground); opacity: .6; pointer-events: none; }
.readout {
  position: absolute; top: 26px; padding: 7px 11px; white-space: pre; pointer-events: none; font-size: 12.5px;
  font-variant-numeric: tabular-nums; background: var(--popover); color: var(--foreground);
  border: 1px solid var(--border); border-radius: var(--radius); box-shadow: var(--shadow-popover);
}
:is(.more, .copy) { font: inherit; font-size: 12.5px; padding: 3px 11px; color: var(--secondary-foreground); background: transparent; border: 1px solid var(--input); border-radius: var(--radius); cursor: pointer; }
.more { margin-left: auto; }
.copy { padding: 1px 9px; }
.choices:not([hidden]) + .more { margin-left: 0; }
.watches { flex-basis: 100%; order: 1; }
.watches:empty, .own-page :is(.pages, .files, .watches) { display: none; }
@media (min-width: 1001px) { .pages { display: none; } }
.access { color: var(--muted-foreground); }
.brief { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 24px; padding: 8px 16px; }
.brief > header { margin: 0; flex: 1 1 auto; }
.brief .body { display: block; }
.brief .figures { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 22px; }
.brief .figure { flex-direction: row; align-items: baseline; gap: 7px; }
.brief :is(.value, .speed-up .value, .speed-up.none .value) { font-size: 15px; line-height: 1.4; letter-spacing: -.01em; }
.brief :is(.choices, .charts, footer, .note, .outcomes, .sentence, .key, .speed-up.none) { display: none; }
.brief .notices { flex-basis: 100%; order: 1; margin: 0; }
.brief .notices li { padding: 5px 10px; font-size: 13px; }
.brief .more { order: 2; }
.notices { display: grid; gap: 8px; margin: 0 0 16px; padding: 0; list-style: none; }
.notices:empty { display: none; }
.notices li {
  display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: baseline; padding: 8px 12px; font-size: 13.5px;
  border-left: 3px solid var(--cq-ideal); border-radius: var(--radius-sm); background: var(--background);
}
.notices .bad { border-color: var(--cq-bad); }
.notices .warning { border-color: var(--cq-baseline); }
code {
  font-family: var(--font-mono); font-size: 12.5px; padding: 2px 7px; border-radius: var(--radius-sm);
  background: var(--muted); color: var(--foreground); overflow-wrap: anywhere; user-select: all;
}
.empty { display: grid; gap: 10px; justify-items: start; padding: 6px 0 12px; }
.empty p { margin: 0; max-width: 60ch; color: var(--secondary-foreground); }
.empty code { padding: 6px 11px; font-size: 13px; }
.command { display: flex; flex-wrap: wrap; align-items: baseline; gap: 6px 12px; }
footer { display: flex; flex-wrap: wrap; gap: 6px 24px; align-items: baseline; margin-top: 12px; padding-top: 10px; border-top: 1px solid var(--border); font-size: 12.5px; }
footer details { flex: 1; order: -1; }
footer details[open] { flex-basis: 100%; }
footer details[open] { padding-bottom: 6px; }
summary { cursor: pointer; color: var(--secondary-foreground); width: max-content; padding: 2px 0; }
a { color: var(--cq-link); text-underline-offset: 3px; text-decoration-thickness: 1px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 12.5px; margin-top: 4px; }
caption { text-align: left; color: var(--muted-foreground); padding-bottom: 4px; }
th, td { padding: 3px 20px 3px 0; text-align: right; font-weight: 400; border-bottom: 1px solid var(--border); white-space: nowrap; }
thead th { font-weight: 500; color: var(--secondary-foreground); }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@container (min-width: 860px) {
  .body { grid-template-columns: minmax(270px, 330px) 1fr; }
  .figure:not(.wide) .note { min-height: 2.9em; }
}
@container (max-width: 520px) {
  .figure:not(.wide) .note { min-height: 2.9em; }
  .panel { padding: 16px 14px 12px; }
  .choices { margin-left: 0; width: 100%; }
  .choice { flex: 1 1 100%; }
  .choice label { flex: 0 0 78px; }
  select { flex: 1; width: 0; max-width: none; }
  .value { font-size: 24px; }
  .speed-up .value { font-size: 50px; }
}
@media (prefers-reduced-motion: reduce) {
  .state::before { animation: none !important; }
}
@media (forced-colors: active) {
  .cq-chart .line.run { stroke: Highlight; }
  .segments button[aria-pressed='true'] { border: 2px solid Highlight; }
}
`;
