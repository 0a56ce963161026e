/** How our own pages look: Bull Board's tones, in light and dark. */
export const PAGES_STYLE = `
:root {
  color-scheme: light; --background: #f3f5f7; --foreground: #20262c; --card: #fff; --muted: #eaeef2;
  --muted-foreground: #55606b; --border: #e2e7ec; --input: #c8d0d8; --radius: 6px;
  --font-sans: "IBM Plex Sans", system-ui, -apple-system, "Segoe UI", sans-serif;
  --font-mono: "IBM Plex Mono", ui-monospace, SFMono-Regular, Menlo, monospace;
}
.dark-mode {
  color-scheme: dark; --background: #151a21; --foreground: #d5dce4; --card: #1c232d; --muted: #232b36;
  --muted-foreground: #94a0af; --border: #2a3340; --input: #3a4656;
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--background); color: var(--foreground); font: 15px/1.5 var(--font-sans); }
header {
  display: flex; flex-wrap: wrap; align-items: center; gap: 8px 32px; padding: 16px 28px;
  background: var(--card); border-bottom: 1px solid var(--border);
}
.logo { display: inline-flex; align-items: center; gap: 10px; font-size: 17px; font-weight: 600; color: inherit; text-decoration: none; }
nav { display: flex; flex-wrap: wrap; gap: 4px; }
nav a { padding: 5px 12px; border-radius: var(--radius); color: var(--foreground); text-decoration: none; font-size: 14px; }
nav a:hover { background: var(--muted); }
nav a[aria-current] { background: var(--cq-run); color: var(--cq-on-run); font-weight: 500; }
main { max-width: 1180px; margin: 0 auto; padding: 24px 28px 48px; }
footer { padding: 0 28px 24px; text-align: center; font-size: 12.5px; color: var(--muted-foreground); }
h1 { font-size: 24px; font-weight: 600; letter-spacing: -.02em; margin: 8px 0 18px; }
h2 { font-size: 16px; font-weight: 600; margin: 0 0 12px; }
p { margin: 0 0 12px; max-width: 75ch; }
.quiet { color: var(--muted-foreground); font-size: 13.5px; }
a { color: var(--cq-link); text-underline-offset: 3px; text-decoration-thickness: 1px; }
:is(a, button, input, select):focus-visible { outline: 2px solid var(--cq-run); outline-offset: 2px; }
.cards { display: grid; gap: 18px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); }
.card { background: var(--card); border: 1px solid var(--border); border-radius: 10px; padding: 18px 22px; min-width: 0; }
.card.wide { grid-column: 1 / -1; }
.figures { display: flex; flex-wrap: wrap; gap: 14px 44px; margin: 0 0 22px; }
.figures div { display: flex; flex-direction: column-reverse; }
.figures dd { margin: 0; font-size: 27px; font-weight: 600; letter-spacing: -.02em; line-height: 1.25; font-variant-numeric: tabular-nums; }
.figures dt { font-size: 13px; color: var(--muted-foreground); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th { text-align: left; font-size: 12.5px; font-weight: 500; color: var(--muted-foreground); }
th, td { padding: 7px 18px 7px 0; border-bottom: 1px solid var(--border); vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
tr:last-child > * { border-bottom: 0; }
.number { text-align: right; white-space: nowrap; }
.title { font-weight: 500; min-width: 130px; }
.alt { color: var(--muted-foreground); min-width: 240px; overflow-wrap: anywhere; }
.breakable { overflow-wrap: anywhere; min-width: 96px; }
.share { width: 34%; min-width: 90px; }
.share i { display: block; height: 8px; margin-top: 7px; border-radius: 99px; background: var(--cq-run); min-width: 2px; }
.share i.failed { background: var(--cq-bad); }
.share i.kept { background: var(--cq-ideal); }
form { display: flex; flex-wrap: wrap; gap: 10px; margin: 0 0 18px; }
input, select, button { font: inherit; font-size: 14px; padding: 7px 12px; color: var(--foreground); background: var(--card); border: 1px solid var(--input); border-radius: var(--radius); }
input[type=search] { flex: 1 1 260px; max-width: 460px; }
button { background: var(--cq-run); color: var(--cq-on-run); border-color: transparent; font-weight: 500; cursor: pointer; }
code { font-family: var(--font-mono); font-size: 13px; padding: 2px 7px; border-radius: 4px; background: var(--muted); overflow-wrap: anywhere; }
.tabs { margin: 0 0 16px; }
.notice { border-left: 3px solid var(--cq-baseline); background: var(--card); padding: 10px 14px; border-radius: var(--radius); margin: 0 0 18px; }
.more { margin: 18px 0 0; }
@media (max-width: 520px) {
  header, main { padding-left: 14px; padding-right: 14px; }
  .card { padding: 14px; }
}
`;
