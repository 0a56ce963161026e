/** A terminal session as an SVG that plays by itself. */

export interface Step {
  readonly command: string;
  /** What it printed, with the colours of a terminal. */
  readonly output: string;
}

const COLUMNS = 80;
const FONT_PX = 14;
const COLUMN_PX = 8.43;
const LINE_PX = 20;
const MARGIN_PX = 16;

/** Between a command and its output, and between that and the next command. */
const READ_SECONDS = 2.5;
const RUN_SECONDS = 1;

/** Select Graphic Rendition: the codes that the program uses, as classes. */
const CLASSES: Readonly<Record<string, string>> = {
  '1': 'b',
  '2': 'd',
  '31': 'r',
  '32': 'g',
  '33': 'y',
  '36': 'c',
};

const STYLE = `text{font:${FONT_PX}px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#d8dee9;white-space:pre}
.p{fill:#8fbcbb}.b{font-weight:700}.d{fill:#8a93a5}.r{fill:#e0707a}.g{fill:#a3be8c}.y{fill:#ebcb8b}.c{fill:#88c0d0}
g{opacity:0;animation:show 1ms linear forwards}@keyframes show{to{opacity:1}}
@media (prefers-reduced-motion:reduce){g{opacity:1;animation:none}}`;

/** Draws the steps below each other, each when the one before has been read. */
export function terminalSvg(steps: readonly Step[]): string {
  const lines: string[] = [];
  let row = 0;
  let seconds = 0.5;
  const add = (texts: readonly string[]): void => {
    const drawn = texts.map((text) => {
      row += 1;
      const y = MARGIN_PX + row * LINE_PX;
      return `<text x="${MARGIN_PX}" y="${y}" xml:space="preserve">${text}</text>`;
    });
    lines.push(`<g style="animation-delay:${seconds}s">${drawn.join('')}</g>`);
  };
  for (const { command, output } of steps) {
    add([`<tspan class="p">$ </tspan><tspan class="b">${escapeXml(command)}</tspan>`]);
    seconds += RUN_SECONDS;
    add(output.trimEnd().split('\n').map(colored));
    seconds += READ_SECONDS;
    row += 1;
  }
  const width = Math.ceil(COLUMNS * COLUMN_PX + 2 * MARGIN_PX);
  const height = MARGIN_PX * 2 + row * LINE_PX;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="A terminal session with comic-queue">
<style>${STYLE}</style>
<rect width="${width}" height="${height}" rx="8" fill="#2e3440"/>
${lines.join('\n')}
</svg>
`;
}

/** A line with its colours as classes. */
function colored(line: string): string {
  let classes: string[] = [];
  return line
    .split(/(\u001B\[[\d;]*m)/)
    .map((part) => {
      const codes = /^\u001B\[([\d;]*)m$/.exec(part)?.[1];
      if (codes === undefined) return part === '' ? '' : span(part, classes);
      const known = codes.split(';').flatMap((one) => CLASSES[one] ?? []);
      classes = known.length === 0 ? [] : [...classes, ...known];
      return '';
    })
    .join('');
}

function span(text: string, classes: readonly string[]): string {
  const escaped = escapeXml(text);
  return classes.length === 0 ? escaped : `<tspan class="${classes.join(' ')}">${escaped}</tspan>`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
