/** Building nodes. Text goes in as text: nothing that came from elsewhere is ever read as markup. */

import type { Shape } from '../../shared/report/svg.js';
import type { RunChoice } from '../api/panel-view.js';
import { urlOf } from './place.js';

const SVG = 'http://www.w3.org/2000/svg';

export type Attributes = Readonly<Record<string, string | number>>;
export type Child = Node | string;

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  return complete(document.createElement(name), attributes, children);
}

/** The nodes of a drawing. */
export function nodeOf({ name, attributes, content }: Shape): SVGElement {
  const children = content.map((part) => (typeof part === 'string' ? part : nodeOf(part)));
  return complete(document.createElementNS(SVG, name), attributes, children);
}

/** Writes a text where it differs: a node that does not change keeps its selection. */
export function write(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** A run as a link to its page. */
export function runLink(run: number, text = `run-${run}`): HTMLAnchorElement {
  return element('a', { href: urlOf(`runs/run-${run}`) }, text);
}

/** Has a node hold these and nothing else. */
export function fill(parent: HTMLElement, ...children: readonly Child[]): void {
  adopt(parent, element('div', {}, ...children));
}

/**
 * Has a node hold what another one holds, changed as little as that takes: what stays can still be
 * clicked, and keeps its focus and its selection.
 */
export function adopt(shown: Element, fresh: Element): void {
  const nodes = [...fresh.childNodes];
  for (const [index, wanted] of nodes.entries()) {
    const there = shown.childNodes[index];
    if (there === undefined) shown.append(wanted);
    else if (!there.isEqualNode(wanted)) become(there, wanted);
  }
  while (shown.childNodes.length > nodes.length) shown.lastChild?.remove();
}

function become(there: ChildNode, wanted: ChildNode): void {
  if (there instanceof Text && wanted instanceof Text) there.data = wanted.data;
  else if (
    there instanceof Element &&
    wanted instanceof Element &&
    there.localName === wanted.localName
  ) {
    for (const name of there.getAttributeNames()) {
      if (!wanted.hasAttribute(name)) there.removeAttribute(name);
    }
    for (const { name, value } of wanted.attributes) {
      if (there.getAttribute(name) !== value) there.setAttribute(name, value);
    }
    adopt(there, wanted);
  } else there.replaceWith(wanted);
}

function complete<Made extends Element>(
  made: Made,
  attributes: Attributes,
  children: readonly Child[],
): Made {
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/** Fills a list with runs; the first option stands for none. */
export function fillOptions(
  list: HTMLSelectElement,
  none: string,
  choices: readonly RunChoice[],
  chosen: number | undefined,
): void {
  const options = [
    element('option', { value: '' }, none),
    ...choices.map(({ run, title }) => element('option', { value: run }, title)),
  ];
  if (chosen !== undefined && choices.every(({ run }) => run !== chosen)) {
    options.push(element('option', { value: chosen }, `run-${chosen}`));
  }
  list.replaceChildren(...options);
}

/** Has a list show a run, or its first option. */
export function select(list: HTMLSelectElement, chosen: number | undefined): void {
  const value = chosen === undefined ? '' : String(chosen);
  if (list.value !== value) list.value = value;
}

export interface Segment {
  readonly value: string;
  readonly label: string;
}

/** Fills a group of buttons of which one is pressed; hides it without any. */
export function fillSegments(
  group: HTMLElement,
  segments: readonly Segment[],
  pressed: string,
): void {
  group.hidden = segments.length === 0;
  if (group.children.length !== segments.length) {
    group.replaceChildren(
      ...segments.map(({ value, label }) =>
        element('button', { type: 'button', 'data-value': value }, label),
      ),
    );
  }
  for (const button of group.querySelectorAll('button')) {
    button.setAttribute('aria-pressed', String(button.dataset['value'] === pressed));
  }
}

/** Calls back with the value of a pressed button. */
export function onSegment(group: HTMLElement, onPress: (value: string) => void): void {
  group.addEventListener('click', ({ target }) => {
    const value = target instanceof HTMLButtonElement ? target.dataset['value'] : undefined;
    if (value !== undefined) onPress(value);
  });
}
