/** One page of a folder that is too large to sort. */

const LEADING_NUMBER = /^\d+/;

/** Of all names offered after `after`, the `count` first in natural order: 2.json before 10.json. */
export class SmallestNames {
  /** In order. */
  readonly names: string[] = [];
  private readonly count: number;
  private readonly after: string | undefined;

  constructor(count: number, after: string | undefined) {
    this.count = count;
    this.after = after;
  }

  offer(name: string): void {
    if (this.after !== undefined && compareNatural(name, this.after) <= 0) return;
    const last = this.names.at(-1);
    const isFull = this.names.length >= this.count;
    if (isFull && (last === undefined || compareNatural(name, last) >= 0)) return;
    if (isFull) this.names.pop();
    this.names.splice(this.placeOf(name), 0, name);
  }

  private placeOf(name: string): number {
    let low = 0;
    let high = this.names.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareNatural(this.names[middle] ?? '', name) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Numbers first and by value, all else by code units: the same on every machine. */
function compareNatural(left: string, right: string): number {
  const difference = leadingNumber(left) - leadingNumber(right);
  if (difference !== 0 && !Number.isNaN(difference)) return difference;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function leadingNumber(name: string): number {
  return Number(LEADING_NUMBER.exec(name)?.[0] ?? Number.POSITIVE_INFINITY);
}
