/** How charts look, in a file and on the board: the same rules, with colours or with variables. */

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
.cq-chart text{font-size:13px;font-variant-numeric:tabular-nums}
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

/** Colours as plain rules: programs that turn an SVG into pixels know no CSS variables. */
export function chartColours(colours: ChartColours): string {
  const lines = ['run', 'baseline', 'overlay', 'ideal'] as const;
  return [
    `.cq-chart text{fill:${colours.quiet}}`,
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
