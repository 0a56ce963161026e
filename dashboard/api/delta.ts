/**
 * What has changed between two answers in JSON. The board's server makes it, the browser applies it:
 * of a run that goes on a few figures and the newest points of its course are sent, not the whole
 * view twice a second. What has not changed stays the same object, so that the browser need not draw
 * it again.
 */

/** Names this form of a difference where answer and question say which they use (RFC 3229: `A-IM`, `IM`). */
export const DELTA = 'comic-queue-delta';

export type Delta =
  | { readonly is: unknown }
  | { readonly fields: Readonly<Record<string, Delta>>; readonly gone?: readonly string[] }
  /** Of a list: its first elements stay, and these follow. */
  | { readonly kept: number; readonly added: readonly unknown[] };

/** What makes `after` of `before`; undefined where they are equal. Fields that are undefined are none, as in JSON. */
export function deltaBetween(before: unknown, after: unknown): Delta | undefined {
  if (Object.is(before, after)) return undefined;
  if (Array.isArray(before) && Array.isArray(after)) return listDelta(before, after);
  if (isRecord(before) && isRecord(after)) return recordDelta(before, after);
  return { is: after };
}

/** What `after` was, from `before` and what has changed. */
export function withDelta(before: unknown, delta: Delta): unknown {
  if ('is' in delta) return delta.is;
  if ('kept' in delta) {
    const elements: readonly unknown[] = Array.isArray(before) ? before : [];
    return [...elements.slice(0, delta.kept), ...delta.added];
  }
  const fields = fieldsOf(isRecord(before) ? before : {});
  for (const name of delta.gone ?? []) fields.delete(name);
  for (const [name, change] of Object.entries(delta.fields)) {
    fields.set(name, withDelta(fields.get(name), change));
  }
  return Object.fromEntries(fields);
}

function listDelta(before: readonly unknown[], after: readonly unknown[]): Delta | undefined {
  const differing = after.findIndex(
    (element, index) =>
      index >= before.length || deltaBetween(before[index], element) !== undefined,
  );
  const kept = differing < 0 ? after.length : differing;
  if (kept === before.length && kept === after.length) return undefined;
  return { kept, added: after.slice(kept) };
}

function recordDelta(before: object, after: object): Delta | undefined {
  const [had, has] = [fieldsOf(before), fieldsOf(after)];
  const gone = [...had.keys()].filter((name) => !has.has(name));
  const fields = [...has].flatMap(([name, value]) => {
    const change = had.has(name) ? deltaBetween(had.get(name), value) : { is: value };
    return change === undefined ? [] : [[name, change] as const];
  });
  if (fields.length === 0 && gone.length === 0) return undefined;
  return { fields: Object.fromEntries(fields), ...(gone.length === 0 ? {} : { gone }) };
}

function fieldsOf(record: object): Map<string, unknown> {
  return new Map(
    Object.entries(record).filter(([, value]: [string, unknown]) => value !== undefined),
  );
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
