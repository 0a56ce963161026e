/** Drawings as data: the server writes them into a file, the browser builds nodes of them. */

import { escapeMarkup, safeText } from '../base/safe-text.js';

export interface Shape {
  readonly name: ShapeName;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** What is inside it; a text is a text, never markup. */
  readonly content: readonly (Shape | string)[];
}

type ShapeName =
  | 'circle'
  | 'desc'
  | 'line'
  | 'polygon'
  | 'polyline'
  | 'rect'
  | 'style'
  | 'svg'
  | 'text'
  | 'title'
  | 'tspan';

export type Place = readonly [x: number, y: number];

/** Points of one line: more than a screen has pixels for are thinned out. */
const POINTS_MAX = 512;

/** Enough for a description of a long sweep. */
export const TEXT_LENGTH_MAX = 1000;

/** A shape with its attributes and what is inside it. */
export function shape(
  name: ShapeName,
  attributes: Shape['attributes'],
  ...content: Shape['content']
): Shape {
  return { name, attributes, content };
}

/** An element that holds a drawing of this size, and is read out as `description`. */
export function svgOf(
  { width, height }: { readonly width: number; readonly height: number },
  description: string,
  ...content: Shape['content']
): Shape {
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    class: 'cq-chart',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'img',
    'aria-label': safeText(description, TEXT_LENGTH_MAX),
  };
  return shape('svg', attributes, ...content);
}

/** Text at a place (of two parts the first is strong); `anchor` says which of its ends is there. */
export function text(
  content: string | readonly [strong: string, rest: string],
  [x, y]: Place,
  anchor: 'start' | 'middle' | 'end' = 'start',
  name = '',
): Shape {
  const attributes = {
    ...(name === '' ? {} : { class: name }),
    x: rounded(x),
    y: rounded(y),
    ...(anchor === 'start' ? {} : { 'text-anchor': anchor }),
  };
  if (typeof content === 'string') return shape('text', attributes, shown(content));
  const [strong, rest] = content;
  return shape(
    'text',
    attributes,
    shape('tspan', { class: 'strong' }, shown(strong)),
    ...(rest === '' ? [] : [shape('tspan', { dx: 8 }, shown(rest))]),
  );
}

/** A straight line between two places. */
export function rule([x1, y1]: Place, [x2, y2]: Place, name: string): Shape {
  const ends = { x1: rounded(x1), y1: rounded(y1), x2: rounded(x2), y2: rounded(y2) };
  return shape('line', { class: name, ...ends });
}

/** A line through places, thinned out to 512 of them; the first and the last always stay. */
export function polyline(places: readonly Place[], name: string): Shape {
  return shape('polyline', { class: name, points: pointsOf(thinned(places)) });
}

/** The area that places surround, thinned out like a line through them. */
export function polygon(places: readonly Place[], name: string): Shape {
  return shape('polygon', { class: name, points: pointsOf(thinned(places)) });
}

/** A dot that marks a place. */
export function dot([x, y]: Place, name: string, radius = 5): Shape {
  return shape('circle', { class: name, cx: rounded(x), cy: rounded(y), r: radius });
}

/** About how wide a text is at 13 px: good enough to set one behind the other. */
export function textWidth(content: string): number {
  return [...content].length * 7.2;
}

/** A shape as markup, fit for a file and for a page. */
export function svgMarkup({ name, attributes, content }: Shape): string {
  const written = Object.entries(attributes).map(
    ([attribute, value]) => ` ${attribute}="${escapeMarkup(String(value))}"`,
  );
  const parts = content.map((part) =>
    typeof part === 'string' ? escapeMarkup(part) : svgMarkup(part),
  );
  const opening = `<${name}${written.join('')}`;
  return parts.length === 0
    ? `${opening}/>`
    : `${opening}>${parts.join(name === 'svg' ? '\n' : '')}</${name}>`;
}

/** XML forbids control characters: they are made visible. */
function shown(content: string): string {
  return safeText(content, TEXT_LENGTH_MAX);
}

function pointsOf(places: readonly Place[]): string {
  return places.map(([x, y]) => `${rounded(x)},${rounded(y)}`).join(' ');
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
