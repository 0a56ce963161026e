/**
 * A chart as a file of its own: title, legend and colours around what is drawn. How charts look is the same
 * on the board, with variables for colours.
 */

import { safeText } from '../base/safe-text.js';
import type { Paper } from './chart-axis.js';
import {
  dot,
  polyline,
  shape,
  type Shape,
  svgMarkup,
  svgOf,
  text,
  TEXT_LENGTH_MAX,
  textWidth,
} from './svg.js';

/** Which colours a chart has: those the reader's system prefers, or always the same. */
export type ChartTheme = 'auto' | 'light' | 'dark';

export interface ChartHead {
  readonly title: string;
  readonly subtitle?: string;
  /** What the chart is about, large: `35.1×`, and the words below it. */
  readonly headline?: { readonly figure: string; readonly caption: string };
  readonly theme?: ChartTheme;
}

export interface LegendEntry {
  /** The class of what it explains; `ring` is a mark, all others are lines. */
  readonly name: string;
  readonly label: string;
  /** What a file adds to it. */
  readonly note?: string;
}

const WIDTH = 960;
const HEIGHT = 580;
const MARGIN = 32;
const LEGEND_Y = 102;

/** The part of the file below title and legend. */
export const FILE_PAPER: Paper = { left: MARGIN, right: 940, top: 128, bottom: 560 };

const FONTS =
  '"IBM Plex Sans",system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif';

/** A colour for each thing in a chart, in any form that CSS takes. */
export interface ChartColours {
  /** What the chart lies on. */
  readonly paper: string;
  readonly text: string;
  /** Labels of axes. */
  readonly quiet: string;
  readonly grid: string;
  readonly run: string;
  readonly baseline: string;
  readonly overlay: string;
  readonly ideal: string;
}

/** Contrast of each line against what it lies on: 4.5 or more. The board's lines have these too. */
export const LIGHT: ChartColours = {
  paper: '#ffffff',
  text: '#1f2328',
  quiet: '#59636e',
  grid: '#e4e8ed',
  run: '#0a5cc7',
  baseline: '#b04a00',
  overlay: '#7a35c9',
  ideal: '#6b7682',
};

export const DARK: ChartColours = {
  paper: '#0d1117',
  text: '#f0f6fc',
  quiet: '#9198a1',
  grid: '#262c36',
  run: '#5ea8ff',
  baseline: '#f0954a',
  overlay: '#c09bff',
  ideal: '#94a1b0',
};

/** Shapes of lines and letters, which no theme changes. */
export const CHART_SHAPES = `
.cq-chart text{font-size:13px;font-variant-numeric:tabular-nums;paint-order:stroke;stroke-width:4px;stroke-linejoin:round}
.cq-chart .strong{font-weight:600}
.cq-chart .axis{stroke-opacity:.5}
.cq-chart .line{fill:none;stroke-linejoin:round;stroke-linecap:round}
.cq-chart .line.run{stroke-width:2.75}
.cq-chart .line.baseline{stroke-width:2.25;stroke-dasharray:7 6}
.cq-chart .line.ray{stroke-width:1.75;stroke-dasharray:1.5 6;stroke-opacity:.75}
.cq-chart .line.overlay{stroke-width:2.25}
.cq-chart .line.ideal{stroke-width:1.25}
.cq-chart .area{fill-opacity:.09}
.cq-chart .dot{stroke-width:2}
.cq-chart .whisker{stroke-width:1.5;stroke-opacity:.6}
.cq-chart .ring{fill:none;stroke-width:2.5}`;

/** The whole file; `description` is read out in place of the picture. */
export function chartFile(
  head: ChartHead,
  legend: readonly LegendEntry[],
  description: string,
  drawn: readonly Shape[],
): string {
  const file = svgOf(
    { width: WIDTH, height: HEIGHT },
    head.title,
    shape('title', {}, safeText(head.title, TEXT_LENGTH_MAX)),
    shape('desc', {}, safeText(description, TEXT_LENGTH_MAX)),
    shape('style', {}, styleOf(head.theme ?? 'auto')),
    shape('rect', { class: 'paper', width: WIDTH, height: HEIGHT, rx: 8 }),
    ...drawHead(head),
    ...drawLegend(legend),
    ...drawn,
  );
  return `${svgMarkup(file)}\n`;
}

function drawHead({ title, subtitle, headline }: ChartHead): Shape[] {
  const right = WIDTH - MARGIN;
  return [
    text(title, [MARGIN, 42], 'start', 'title'),
    ...(subtitle === undefined ? [] : [text(subtitle, [MARGIN, 66])]),
    ...(headline === undefined
      ? []
      : [
          text(headline.figure, [right, 56], 'end', 'figure'),
          text(headline.caption, [right, 80], 'end'),
        ]),
  ];
}

function drawLegend(entries: readonly LegendEntry[]): Shape[] {
  let x = MARGIN;
  return entries.flatMap(({ name, label, note = '' }) => {
    const start = x;
    x += textWidth(`${label}${note}`) + 80;
    return [
      name === 'ring'
        ? dot([start + 15, LEGEND_Y], name, 7)
        : polyline(
            [
              [start, LEGEND_Y],
              [start + 30, LEGEND_Y],
            ],
            `line ${name}`,
          ),
      text([label, note], [start + 40, LEGEND_Y + 4.5]),
    ];
  });
}

function styleOf(theme: ChartTheme): string {
  const dark = theme === 'auto' ? `\n@media (prefers-color-scheme:dark){${paint(DARK)}\n}` : '';
  return `${CHART_SHAPES}
.cq-chart{max-width:100%;height:auto}
.cq-chart text{font-family:${FONTS}}
.cq-chart .title{font-size:20px;font-weight:600}
.cq-chart .figure{font-size:40px;font-weight:700;letter-spacing:-1px}
${theme === 'dark' ? paint(DARK) : paint(LIGHT)}${dark}
`;
}

function paint(colours: ChartColours): string {
  return `${chartColours(colours)}
.cq-chart .title{fill:${colours.text}}
.cq-chart .figure{fill:${colours.run}}
.cq-chart .paper{fill:${colours.paper}}
.cq-chart .card{fill:${colours.paper};stroke:${colours.grid}}`;
}

/** Colours as plain rules: programs that turn an SVG into pixels know no CSS variables. */
export function chartColours(colours: ChartColours): string {
  const lines = ['run', 'baseline', 'overlay', 'ideal'] as const;
  return [
    // Letters that lie on a line stand out from it.
    `.cq-chart text{fill:${colours.quiet};stroke:${colours.paper}}`,
    `.cq-chart .strong{fill:${colours.text}}`,
    `.cq-chart .grid{stroke:${colours.grid}}`,
    `.cq-chart .axis{stroke:${colours.quiet}}`,
    `.cq-chart .area{fill:${colours.run}}`,
    `.cq-chart .dot{stroke:${colours.paper}}`,
    `.cq-chart .whisker{stroke:${colours.run}}`,
    `.cq-chart .ring{stroke:${colours.baseline}}`,
    `.cq-chart .line.ray{stroke:${colours.baseline}}`,
    ...lines.map((name) => `.cq-chart .line.${name}{stroke:${colours[name]}}`),
    ...lines.map((name) => `.cq-chart .dot.${name}{fill:${colours[name]}}`),
  ].join('\n');
}
