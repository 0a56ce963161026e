/** Renders a view of the server into the panel. */

import type { Paper } from '../../shared/report/chart-axis.js';
import type { LegendEntry } from '../../shared/report/chart-file.js';
import { describeSweep, drawSweep, sweepLegend } from '../../shared/report/chart-sweep.js';
import {
  type Courses,
  describe,
  drawPlot,
  type Extent,
  legendOf,
  plotOn,
} from '../../shared/report/chart.js';
import { formatCount } from '../../shared/report/format.js';
import { outcomeParts } from '../../shared/report/outcome-bar.js';
import { type Shape, svgOf } from '../../shared/report/svg.js';
import { EMPTY_VIEW, type FirstStep, type PanelView, type RunView } from '../api/panel-view.js';
import { pageOf } from './page.js';
import { type Choice, urlOf } from './place.js';
import { addCrosshair, courseTable, type Crosshair, sweepTable } from './reading.js';
import {
  element,
  fill,
  fillOptions,
  fillSegments,
  nodeOf,
  onSegment,
  runLink,
  select,
  write,
} from './element.js';
import {
  coursesOf,
  fetchTimesText,
  type Figure,
  type Figures,
  figuresOf,
  noticesOf,
  sentenceOf,
  stateOf,
} from './figures.js';
import { type FigureParts, type Skeleton } from './skeleton.js';

const HEIGHT = 316;
const HEIGHT_NARROW = 250;
const NARROW = 520;

/** What a command says that was copied, and for how long. */
const COPIED = 'Copied';
const COPIED_SHOWN_MS = 2000;

export interface Situation {
  readonly choice: Choice;
  /** For how long the board's own server has not answered, in milliseconds; 0 when it does. */
  readonly awayForMs: number;
  readonly path: string;
}

export class Rendering {
  readonly #parts: Skeleton;
  readonly #crosshair: Crosshair;
  readonly #picture = element('div', {});
  /** The command that was copied a moment ago. */
  #copied = '';
  /** What each part was made of: it is not made again from the same. */
  readonly #madeFrom = new Map<string, readonly unknown[]>();
  /** The chart that is drawn, as a table; undefined before the first. */
  #tableOf: (() => HTMLTableElement) | undefined;

  constructor(parts: Skeleton, choose: (choice: Choice) => void) {
    this.#parts = parts;
    parts.drawing.append(this.#picture);
    this.#crosshair = addCrosshair(parts.drawing);
    parts.root.addEventListener('click', (event) => this.#copy(event));
    parts.more.addEventListener('click', () =>
      choose({ open: parts.root.classList.contains('brief') }),
    );
    parts.runSelect.addEventListener('change', () =>
      choose({ run: Number(parts.runSelect.value) || undefined }),
    );
    parts.overlaySelect.addEventListener('change', () =>
      choose({ overlay: Number(parts.overlaySelect.value) || undefined }),
    );
    parts.details.addEventListener('toggle', () => this.#renderTable());
    onSegment(parts.chartButtons, (value) =>
      choose({ chart: value === 'sweep' ? 'sweep' : 'course' }),
    );
    onSegment(parts.extentButtons, (value) =>
      choose({ extent: value === 'run' ? 'run' : 'whole' }),
    );
  }

  /** Shows a view; undefined before the first answer. */
  render(view: PanelView | undefined, situation: Situation): void {
    const parts = this.#parts;
    const known = view ?? EMPTY_VIEW;
    const run = known.run;
    const isBrief = pageOf(situation.path)?.brief === true;
    const brief = isBrief && situation.choice.open !== true && run !== null;
    parts.root.classList.toggle('brief', brief);
    parts.root.classList.toggle('own-page', situation.path.startsWith('/runs/'));
    parts.more.hidden = !isBrief || run === null;
    parts.more.setAttribute('aria-expanded', String(!brief));
    write(parts.more, brief ? 'Chart' : 'Close');
    this.#renderNotices(known, situation);
    fill(parts.empty, ...known.firstSteps.flatMap((step) => this.#stepParts(step)));
    parts.empty.hidden = run !== null || view === undefined || view.redisDownForMs > 0;
    parts.body.hidden = run === null;
    parts.choices.hidden = known.choices.length === 0;
    parts.details.hidden = run === null;
    this.#renderState(run, view, situation.awayForMs);
    this.#renderFiles(run);
    fill(parts.watches, ...known.watches.flatMap(watchLinks));
    this.#renderChoices(known, situation);
    if (run === null) return;
    this.#renderFigures(figuresOf(run, known), run);
    this.#renderChart(known, run, situation.choice);
  }

  #renderChoices({ choices, run }: PanelView, { choice, path }: Situation): void {
    const { runSelect, overlaySelect } = this.#parts;
    const unpicked = unpickedText(path);
    const shown = run?.report.run;
    // One that was asked for and is not there is not said to be shown.
    const isThere = shown === choice.run || choices.some((one) => one.run === choice.run);
    const chosen = isThere || run === null ? choice.run : undefined;
    if (this.#isOther('choices', choices, chosen, choice.overlay, unpicked, shown)) {
      fillOptions(runSelect, unpicked, choices, chosen);
      const others = choices.filter((one) => one.run !== shown);
      fillOptions(overlaySelect, 'nothing', others, choice.overlay);
    }
    select(runSelect, chosen);
    select(overlaySelect, choice.overlay);
  }

  /** Whether what a part is made of is other than it was. */
  #isOther(part: string, ...from: readonly unknown[]): boolean {
    const before = this.#madeFrom.get(part);
    this.#madeFrom.set(part, from);
    return before === undefined || from.some((one, index) => !Object.is(one, before[index]));
  }

  #renderState(run: RunView | null, view: PanelView | undefined, awayForMs: number): void {
    const { state, heading, spoken } = this.#parts;
    state.hidden = run === null;
    fill(heading, run === null ? 'Throughput' : runLink(run.report.run, headingOf(run)));
    if (run === null || view === undefined) {
      if (view !== undefined) write(spoken, 'There is no run yet.');
      return;
    }
    const { tone, text, isStale } = stateOf(run, view, awayForMs);
    state.dataset['tone'] = tone;
    this.#parts.body.classList.toggle('stale', isStale);
    write(state, text);
    write(spoken, run.live ? `${headingOf(run)}: ${text}.` : `${run.title}: ${text}.`);
  }

  #renderNotices(view: PanelView, { awayForMs, choice, path }: Situation): void {
    const picked = choice.run !== undefined || pageOf(path)?.run !== undefined;
    const items = noticesOf(view, { away: awayForMs > 0, picked }).map(
      ({ tone, text, command, run }) =>
        element(
          'li',
          { class: tone },
          element('span', {}, text),
          ...(command === undefined ? [] : this.#commandParts(command)),
          ...(run === undefined ? [] : [runLink(run)]),
        ),
    );
    fill(this.#parts.notices, ...items);
  }

  /** What to do where there is no run yet. */
  #stepParts({ text, commands }: FirstStep): HTMLElement[] {
    const lines = commands.map((command) =>
      element('div', { class: 'command' }, ...this.#commandParts(command)),
    );
    return [element('p', {}, text), ...lines];
  }

  /** A command with a button that copies it; where the browser keeps its clipboard shut, it is selected by a click. */
  #commandParts(command: string): HTMLElement[] {
    const code = element('code', {}, command);
    if (!isSecureContext) return [code];
    const label = command === this.#copied ? COPIED : 'Copy';
    return [
      code,
      element('button', { class: 'copy', type: 'button', 'data-copy': command }, label),
    ];
  }

  #copy({ target }: Event): void {
    const button = target instanceof HTMLElement ? target : undefined;
    const command = button?.dataset['copy'];
    if (button === undefined || command === undefined) return;
    this.#copied = command;
    write(button, COPIED);
    setTimeout(() => (this.#copied = ''), COPIED_SHOWN_MS);
    navigator.clipboard.writeText(command).catch(() => (this.#copied = ''));
  }

  #renderFigures(figures: Figures, run: RunView): void {
    const { figures: parts, bar } = this.#parts;
    writeFigure(parts.speedUp, figures.hero);
    write(parts.speedUp.label, figures.hero.label);
    writeFigure(parts.run, figures.run);
    writeFigure(parts.baseline, figures.baseline);
    writeFigure(parts.done, figures.done);
    write(this.#parts.sentence, sentenceOf(run));
    write(this.#parts.fetchTimes, fetchTimesText(run));
    parts.speedUp.root.classList.toggle('none', !figures.hero.isSpeedUp);
    const shares = new Map(outcomeParts(run.report).map(({ name, share }) => [name, share]));
    for (const [name, piece] of bar) piece.style.width = `${(shares.get(name) ?? 0) * 100}%`;
  }

  #renderChart(view: PanelView, run: RunView, choice: Choice): void {
    const parts = this.#parts;
    const width = Math.floor(parts.drawing.clientWidth);
    if (width === 0) return;
    const sweep = view.sweep.length > 0 && choice.chart === 'sweep';
    const charts = view.sweep.length > 0 ? CHARTS : [];
    fillSegments(parts.chartButtons, charts, sweep ? 'sweep' : 'course');
    const extent = choice.extent ?? (run.live ? 'run' : 'whole');
    const isAlone = view.baseline === null && view.ray === null;
    fillSegments(parts.extentButtons, sweep || isAlone ? [] : EXTENTS, extent);
    const { baseline, ray, overlay } = view;
    const which = sweep ? view.sweep : extent;
    if (!this.#isOther('chart', run, baseline, ray, overlay, width, which)) return;
    const height = width < NARROW ? HEIGHT_NARROW : HEIGHT;
    const paper = { left: 0, right: width, top: 0, bottom: height };
    if (sweep) this.#drawSweep(view, paper);
    else this.#drawCourses(coursesOf(run, view), paper, extent);
  }

  #drawSweep({ sweep, knee }: PanelView, paper: Paper): void {
    const shown = { points: sweep, knee: knee ?? undefined };
    this.#draw(paper, describeSweep(shown), drawSweep(paper, shown), sweepLegend(shown));
    this.#crosshair.update(undefined);
    this.#tableOf = () => sweepTable(sweep);
    this.#renderTable();
  }

  #drawCourses(courses: Courses, paper: Paper, extent: Extent): void {
    const plot = plotOn(paper, courses, extent);
    this.#draw(paper, describe(plot), drawPlot(plot), legendOf(plot));
    this.#crosshair.update(plot);
    this.#tableOf = () => courseTable(plot);
    this.#renderTable();
  }

  /** A table that nobody has opened is not made. */
  #renderTable(): void {
    const { details, table } = this.#parts;
    if (details.open && this.#tableOf !== undefined) table.replaceChildren(this.#tableOf());
  }

  #draw(
    { right: width, bottom: height }: Paper,
    description: string,
    drawn: readonly Shape[],
    legend: readonly LegendEntry[],
  ): void {
    this.#picture.replaceChildren(nodeOf(svgOf({ width, height }, description, ...drawn)));
    this.#parts.legend.replaceChildren(...legend.map(legendItem));
  }

  #renderFiles(run: RunView | null): void {
    const number = run === null ? '' : String(run.report.run);
    if (this.#parts.files.dataset['run'] === number) return;
    this.#parts.files.dataset['run'] = number;
    this.#parts.files.replaceChildren(...fileLinks(number));
  }
}

/** What is shown where no run was picked. */
function unpickedText(path: string): string {
  const run = pageOf(path)?.run;
  return run === undefined ? 'the newest' : `run-${run}`;
}

const CHARTS = [
  { value: 'course', label: 'Over time' },
  { value: 'sweep', label: 'By concurrency' },
] as const;

const EXTENTS = [
  { value: 'whole', label: 'Whole' },
  { value: 'run', label: 'Zoom to run' },
] as const;

function headingOf({ report, noun }: RunView): string {
  const baseline = report.baseline ? ' one at a time' : '';
  return `run-${report.run} · ${formatCount(report.queued)} ${noun}${baseline}`;
}

function writeFigure(parts: FigureParts, { value, unit, note, run }: Figure): void {
  write(parts.value, value);
  write(parts.unit, unit);
  if (run === undefined) write(parts.note, note);
  else fill(parts.note, runLink(run), ` · ${note}`);
}

/** What is watched, as a link to the jobs that look. */
function watchLinks(text: string): HTMLElement[] {
  return [element('a', { href: urlOf('queue/watches') }, text)];
}

function legendItem({ name, label }: LegendEntry): HTMLElement {
  return element('li', {}, element('span', { class: `key ${name}` }), label);
}

function fileLinks(number: string): (Node | string)[] {
  if (number === '') return [];
  const link = (ending: string, label: string): HTMLAnchorElement =>
    element(
      'a',
      {
        href: urlOf(`api/runs/${number}/${ending}`),
        download: `run-${number}${ending.slice(ending.indexOf('.'))}`,
      },
      label,
    );
  return [
    link('chart.svg', 'SVG'),
    ' · ',
    link('chart.png', 'PNG'),
    ' · ',
    link('report.md', 'Markdown'),
  ];
}
