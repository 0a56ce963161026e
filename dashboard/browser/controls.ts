/** The controls of a writable board: a button asks for confirmation, then the server for the deed. */

import type { ControlDone } from '../api/control-api.js';
import { urlOf } from './place.js';
import { element } from './element.js';

/** Set on a button: what is sent (JSON), what is asked before, and what has to be typed. */
const CONTROL = 'control';

/** Follows every button of the page, also those in the panel's tree and those that come later. */
export function startControls(): void {
  document.addEventListener('click', (event) => {
    const button = event
      .composedPath()
      .find((node) => node instanceof HTMLElement && CONTROL in node.dataset);
    if (button instanceof HTMLElement) ask(button);
  });
}

function ask({ dataset }: HTMLElement): void {
  const { control = '{}', question = '', field, value = '' } = dataset;
  const input =
    field === undefined
      ? undefined
      : element('input', { name: field, value, 'aria-label': question, autocomplete: 'off' });
  const problem = element('p', { class: 'bad', role: 'alert' });
  const cancel = element('button', { type: 'button', class: 'plain' }, 'No');
  const go = element('button', { type: 'submit' }, input === undefined ? 'Yes' : 'Set');
  const form = element(
    'form',
    {},
    element('p', {}, question),
    ...(input === undefined ? [] : [input]),
    problem,
    element('div', { class: 'buttons' }, cancel, go),
  );
  const dialog = element('dialog', { class: 'cq-dialog', 'aria-label': question }, form);
  cancel.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  const submit = async (): Promise<void> => {
    go.disabled = true;
    const typed = field === undefined ? {} : { [field]: input?.value.trim() };
    const done = await send(JSON.stringify({ ...readObject(control), ...typed }));
    go.disabled = false;
    if (typeof done === 'string') problem.textContent = done;
    else show(dialog, done);
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void submit();
  });
  document.body.append(dialog);
  dialog.showModal();
}

/** What was done is said in place of the question; a new run is a link. */
function show(dialog: HTMLDialogElement, { text, run }: ControlDone): void {
  const close = element('button', { type: 'button' }, 'Close');
  close.addEventListener('click', () => dialog.close());
  const link =
    run === undefined ? [] : [element('a', { href: urlOf(`runs/run-${run}`) }, `run-${run}`)];
  dialog.replaceChildren(
    element('p', { role: 'status' }, text),
    element('div', { class: 'buttons' }, ...link, close),
  );
  close.focus();
}

/** @returns what was done, or why it was not. */
async function send(body: string): Promise<ControlDone | string> {
  try {
    const response = await fetch(urlOf('api/controls'), {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body,
    });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own server's answer, of its own version
    const answer = (await response.json()) as ControlDone & { readonly message?: string };
    return response.ok ? answer : (answer.message ?? response.statusText);
  } catch {
    return 'The board’s server does not answer.';
  }
}

function readObject(text: string): object {
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null ? value : {};
}
