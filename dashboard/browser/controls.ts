/** The panel's selects and buttons, filled anew only where they changed: nobody loses the focus. */

import type { RunChoice } from '../api/panel-view.js';
import { element } from './element.js';

/** Fills a select with runs; the first option stands for none. */
export function fillOptions(
  select: HTMLSelectElement,
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
  const same =
    select.options.length === options.length &&
    options.every((option, index) => option.text === select.options[index]?.text);
  if (!same) select.replaceChildren(...options);
  const value = chosen === undefined ? '' : String(chosen);
  if (select.value !== value) select.value = value;
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
