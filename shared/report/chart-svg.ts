/** The paper that charts are drawn on: one self-contained SVG file, light or dark by itself. */

import { safeText } from '../base/safe-text.js';

/** Which colours a chart has: those the reader's system prefers, or always the same. */
export type ChartTheme = 'auto' | 'light' | 'dark';

export interface ChartPaper {
  readonly width: number;
  readonly height: number;
  /** Read out in place of the picture: its name, and what it shows. */
  readonly title: string;
  readonly description: string;
  readonly theme: ChartTheme;
}

/** Points of one line: more than the paper has pixels for are thinned out. */
const POINTS_MAX = 512;

/** Enough for a description of a long sweep. */
const TEXT_LENGTH_MAX = 1000;

interface Colours {
  readonly paper: string;
  readonly card: string;
  readonly ink: string;
  readonly muted: string;
  readonly grid: string;
  readonly run: string;
  readonly baseline: string;
  readonly ideal: string;
}

const LIGHT: Colours = {
  paper: '#ffffff',
  card: '#f6f8fa',
  ink: '#1f2328',
  muted: '#59636e',
  grid: '#e4e8ed',
  run: '#0969da',
  baseline: '#bc4c00',
  ideal: '#6e7781',
};

const DARK: Colours = {
  paper: '#0d1117',
  card: '#161b22',
  ink: '#f0f6fc',
  muted: '#9198a1',
  grid: '#262c36',
  run: '#58a6ff',
  baseline: '#f0883e',
  ideal: '#8b949e',
};

const SHAPES = `
.cq-chart text{font-family:"IBM Plex Sans",system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-size:13px;font-variant-numeric:tabular-nums}
.cq-chart .title{font-size:20px;font-weight:600}
.cq-chart .figure{font-size:40px;font-weight:700;letter-spacing:-1px}
.cq-chart .strong{font-weight:600}
.cq-chart .line{fill:none;stroke-linejoin:round;stroke-linecap:round}
.cq-chart .axis{stroke-opacity:.5}
.cq-chart .run{stroke-width:2.75}
.cq-chart .baseline{stroke-width:2.25;stroke-dasharray:7 6}
.cq-chart .ideal{stroke-width:1.25}
.cq-chart .dot-run,.cq-chart .dot-baseline{stroke-width:2}
.cq-chart .ring{fill:none;stroke-width:2.5}`;

/** The whole file around what is drawn on it. */
export function svgFile(paper: ChartPaper, drawn: readonly string[]): string {
  const { width, height } = paper;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="cq-chart" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" style="max-width:100%;height:auto" role="img" aria-label="${escapeXml(paper.title)}">`,
    `<title>${escapeXml(paper.title)}</title>`,
    `<desc>${escapeXml(paper.description)}</desc>`,
    `<style>${SHAPES}${coloursOf(paper.theme)}\n</style>`,
    `<rect class="paper" width="${width}" height="${height}" rx="8"/>`,
    ...drawn,
    '</svg>\n',
  ].join('\n');
}

/** Text at a place (the first of two parts is strong); `anchor` says which of its ends is there. */
export function svgText(
  content: string | readonly [strong: string, rest: string],
  [x, y]: readonly [number, number],
  name = '',
  anchor: 'start' | 'middle' | 'end' = 'start',
): string {
  const attributes = [
    `x="${rounded(x)}" y="${rounded(y)}"`,
    name === '' ? '' : `class="${name}"`,
    anchor === 'start' ? '' : `text-anchor="${anchor}"`,
  ];
  const inner =
    typeof content === 'string'
      ? escapeXml(content)
      : `<tspan class="strong">${escapeXml(content[0])}</tspan><tspan dx="8">${escapeXml(content[1])}</tspan>`;
  return `<text ${attributes.filter(Boolean).join(' ')}>${inner}</text>`;
}

/** A straight line between two places. */
export function svgRule(
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
  name: string,
): string {
  return `<line class="${name}" x1="${rounded(x1)}" y1="${rounded(y1)}" x2="${rounded(x2)}" y2="${rounded(y2)}"/>`;
}

/** A line through places, thinned out to 512 of them; the first and the last always stay. */
export function svgLine(places: readonly (readonly [number, number])[], name: string): string {
  const points = thinned(places).map(([x, y]) => `${rounded(x)},${rounded(y)}`);
  return `<polyline class="line ${name}" points="${points.join(' ')}"/>`;
}

/** A dot that marks a place. */
export function svgDot([x, y]: readonly [number, number], name: string, radius = 5): string {
  return `<circle class="${name}" cx="${rounded(x)}" cy="${rounded(y)}" r="${radius}"/>`;
}

/** About how wide a text is at 13 px: good enough to set one behind the other. */
export function textWidth(text: string): number {
  return [...text].length * 6.9;
}

/** Text fit for XML: markup escaped, control characters (which XML forbids) made visible. */
function escapeXml(text: string): string {
  return safeText(text, TEXT_LENGTH_MAX)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function coloursOf(theme: ChartTheme): string {
  if (theme === 'dark') return paint(DARK);
  const dark = theme === 'auto' ? `\n@media (prefers-color-scheme:dark){${paint(DARK)}\n}` : '';
  return `${paint(LIGHT)}${dark}`;
}

/** Colours as plain rules: programs that turn an SVG into pixels know no CSS variables. */
function paint(colours: Colours): string {
  return `
.cq-chart text{fill:${colours.muted}}
.cq-chart .title,.cq-chart .strong{fill:${colours.ink}}
.cq-chart .figure{fill:${colours.run}}
.cq-chart .paper{fill:${colours.paper}}
.cq-chart .card{fill:${colours.card};stroke:${colours.grid}}
.cq-chart .grid{stroke:${colours.grid}}
.cq-chart .axis{stroke:${colours.muted}}
.cq-chart .run{stroke:${colours.run}}
.cq-chart .baseline,.cq-chart .ring{stroke:${colours.baseline}}
.cq-chart .ideal{stroke:${colours.ideal}}
.cq-chart .dot-run{fill:${colours.run};stroke:${colours.paper}}
.cq-chart .dot-baseline{fill:${colours.baseline};stroke:${colours.paper}}`;
}

function thinned<T>(all: readonly T[]): readonly T[] {
  if (all.length <= POINTS_MAX) return all;
  const stride = (all.length - 1) / (POINTS_MAX - 1);
  return Array.from({ length: POINTS_MAX }, (_, index) => all[Math.round(index * stride)]).filter(
    (item) => item !== undefined,
  );
}

/** A tenth of a pixel is finer than any screen. */
function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
