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

/** How our own pages look: Bull Board's tones, in light and dark. */
export const PAGES_STYLE = `${OUTCOME_STYLE}
:root {
  color-scheme: light; --background: #f3f5f7; --foreground: #20262c; --card: #fff; --muted: #eaeef2;
  --muted-foreground: #55606b; --border: #e2e7ec; --input: #c8d0d8; --radius: 6px; --radius-sm: 4px;
  --radius-lg: 10px; --secondary-foreground: #3d4853; --popover: #fff; --shadow-popover: 0 6px 20px rgb(20 30 40 / .16);
  --font-sans: "IBM Plex Sans", system-ui, -apple-system, "Segoe UI", sans-serif;
  --font-mono: "IBM Plex Mono", ui-monospace, SFMono-Regular, Menlo, monospace;
}
.dark-mode {
  color-scheme: dark; --background: #151a21; --foreground: #d5dce4; --card: #1c232d; --muted: #232b36;
  --muted-foreground: #94a0af; --border: #2a3340; --input: #3a4656; --secondary-foreground: #b6c0cc;
  --popover: #232b36; --shadow-popover: 0 6px 20px rgb(0 0 0 / .5);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--background); color: var(--foreground); font: 15px/1.5 var(--font-sans); }
header {
  display: flex; flex-wrap: wrap; align-items: center; gap: 8px 32px; padding: 14px 28px;
  background: var(--card); border-bottom: 1px solid var(--border);
}
.logo { display: inline-flex; align-items: center; gap: 10px; font-size: 17px; font-weight: 600; color: inherit; text-decoration: none; }
nav { display: flex; flex-wrap: wrap; gap: 4px; }
header nav a, nav.tabs a { padding: 5px 12px; border-radius: var(--radius); color: var(--foreground); text-decoration: none; font-size: 14px; }
header nav a:hover, nav.tabs a:hover { background: var(--muted); }
header nav a[aria-current], nav.tabs a[aria-current] { background: var(--cq-run); color: var(--cq-on-run); font-weight: 500; }
main { max-width: 1320px; margin: 0 auto; padding: 24px 28px 48px; }
main[data-stale] > :not(.notice, h1, form, #panel-place) { opacity: .55; }
footer { padding: 0 28px 24px; text-align: center; font-size: 12.5px; color: var(--muted-foreground); }
footer p { margin: 0 auto 4px; text-wrap: balance; }
footer code { font-size: 12px; }
h1 { font-size: 24px; font-weight: 600; letter-spacing: -.02em; margin: 8px 0 18px; }
h2 { font-size: 16px; font-weight: 600; margin: 0 0 12px; }
main > h2, [data-part] > h2 { margin: 30px 0 14px; }
p { margin: 0 0 12px; max-width: 75ch; }
.quiet { color: var(--muted-foreground); font-size: 13px; font-weight: 400; }
.bad { color: var(--cq-bad); font-size: 13px; }
a { color: var(--cq-link); text-underline-offset: 3px; text-decoration-thickness: 1px; }
:is(a, button, input, select):focus-visible { outline: 2px solid var(--cq-run); outline-offset: 2px; }
.cards { display: grid; gap: 18px; grid-template-columns: 1fr 2fr; align-items: start; margin-top: 18px; }
.columns { columns: 2; column-gap: 18px; min-width: 0; }
.columns .card { break-inside: avoid; }
.columns .card + .card { margin-top: 18px; }
#mended > .notice { margin: 18px 0 0; max-width: none; }
.card { background: var(--card); border: 1px solid var(--border); border-radius: var(--radius-lg); padding: 18px 22px; min-width: 0; }
.card.flush { padding: 6px 22px; }
.card.wide { grid-column: 1 / -1; }
.card table + table { margin-top: 18px; }
.card > table + p { margin: 12px 0 0; }
.facts { display: flex; flex-wrap: wrap; gap: 6px 18px; align-items: baseline; max-width: none; margin-top: -8px; font-size: 14px; color: var(--muted-foreground); overflow-wrap: anywhere; }
/* The panel says it, twice a second. */
[data-script] .facts .chip { display: none; }
.chip {
  display: inline-flex; align-items: center; gap: 6px; padding: 0 9px 0 7px; border-radius: 12px; max-width: 100%;
  font-size: 12.5px; font-weight: 500; background: var(--muted); color: var(--secondary-foreground);
}
.chip::before { content: ''; flex: none; width: 7px; height: 7px; border-radius: 50%; background: var(--cq-ideal); }
.chip:is(.live, .good)::before { background: var(--cq-good); }
.chip.bad::before { background: var(--cq-bad); }
.chip.warning::before { background: var(--cq-baseline); }
.rows { display: grid; gap: 0; margin: 0; font-size: 14px; font-variant-numeric: tabular-nums; }
.rows div { display: grid; grid-template-columns: minmax(104px, 34%) 1fr; gap: 12px; padding: 6px 0; border-bottom: 1px solid var(--border); }
.rows div:last-child { border-bottom: 0; }
.rows dt { color: var(--muted-foreground); }
.rows dd { margin: 0; overflow-wrap: anywhere; }
.meter { display: inline-flex; width: 84px; height: 8px; border-radius: 99px; background: var(--muted); overflow: hidden; vertical-align: 1px; margin-right: 6px; }
.meter i { background: var(--cq-run); }
.share { width: 34%; min-width: 60px; }
.share i { height: 8px; margin-top: 7px; border-radius: 99px; min-width: 2px; }
.curve { display: block; }
.curve polyline { fill: none; stroke: var(--cq-run); stroke-width: 1.75; stroke-linejoin: round; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th { text-align: left; font-size: 12.5px; font-weight: 500; color: var(--muted-foreground); }
th a { color: inherit; text-decoration: none; white-space: nowrap; }
th a:hover { text-decoration: underline; }
th[aria-sort] { color: var(--foreground); }
th, td { padding: 8px 18px 8px 0; border-bottom: 1px solid var(--border); vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
tbody tr:last-child > * { border-bottom: 0; }
.number { text-align: right; white-space: nowrap; }
.title { font-weight: 500; min-width: 130px; }
.alt { color: var(--muted-foreground); min-width: 240px; overflow-wrap: anywhere; }
.selection { max-width: 260px; overflow-wrap: anywhere; }
.selection span { display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; overflow: hidden; }
time, .whole { white-space: nowrap; }
.breakable { overflow-wrap: anywhere; }
.lead a, .lead b { font-weight: 600; margin-right: 6px; }
.slot { display: inline-block; margin-right: 8px; white-space: nowrap; }
form { display: flex; flex-wrap: wrap; gap: 10px; margin: 0 0 18px; }
input, select, button { font: inherit; font-size: 14px; padding: 7px 12px; color: var(--foreground); background: var(--card); border: 1px solid var(--input); border-radius: var(--radius); min-width: 0; }
input[type=search] { flex: 1 1 220px; max-width: 460px; }
button { background: var(--cq-run); color: var(--cq-on-run); border-color: transparent; font-weight: 500; cursor: pointer; }
code { font-family: var(--font-mono); font-size: 13px; padding: 2px 7px; border-radius: 4px; background: var(--muted); overflow-wrap: anywhere; }
.control { padding: 2px 10px; font-size: 13px; margin-right: 6px; background: transparent; color: var(--cq-link); border-color: var(--input); }
.control:hover { background: var(--muted); }
.tabs { margin: 0 0 16px; }
.notice { border-left: 3px solid var(--cq-baseline); background: var(--card); padding: 10px 14px; border-radius: var(--radius); margin: 0 0 18px; }
.notice.good { border-color: var(--cq-good); }
.more { display: flex; flex-wrap: wrap; gap: 6px 16px; margin: 18px 0 0; font-size: 14px; }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 900px) {
  .stack, .stack tbody, .stack tr, .stack td { display: block; width: auto; max-width: none; min-width: 0; }
  .stack thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .stack tr { padding: 12px 0; border-bottom: 1px solid var(--border); }
  .stack tbody tr:last-child { border-bottom: 0; }
  .stack td { position: relative; min-height: 25px; padding: 2px 0 2px 112px; border: 0; text-align: left; white-space: normal; }
  .stack td::before { position: absolute; left: 0; content: attr(data-label); color: var(--muted-foreground); font-size: 13px; }
  .stack td.lead { padding-left: 0; padding-bottom: 4px; }
  .stack td.lead::before { content: none; }
  .stack td:is(:empty, .minor) { display: none; }
}
@media (max-width: 1100px) { .cards { grid-template-columns: 1fr; } }
@media (min-width: 701px) and (max-width: 1100px) {
  .cards > .card > .rows { display: block; columns: 2; column-gap: 40px; }
  .cards > .card > .rows div { break-inside: avoid; }
}
@media (max-width: 700px) { .columns { columns: 1; } }
@media (max-width: 520px) {
  header, main { padding-left: 14px; padding-right: 14px; }
  .card { padding: 14px; }
  .card.flush { padding: 4px 14px; }
  form > * { flex: 1 1 100%; }
  form > select { flex: 1 1 40%; }
  input[type=search] { flex: 1 1 100%; max-width: none; }
}
`;
