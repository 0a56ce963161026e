/**
 * A histogram that is filled with counts, not with single observations: prom-client's own has to be
 * told of each fetch, and a run may hold a million that were counted elsewhere.
 */

export interface HistogramOptions {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  /** Upper bounds, ascending, in seconds. */
  readonly bounds: readonly number[];
}

interface Series {
  /** One a bound, and one beyond the last. */
  readonly counts: number[];
  sum: number;
}

export class CountedHistogram {
  readonly #options: HistogramOptions;
  readonly #series = new Map<string, Series>();

  constructor(options: HistogramOptions) {
    this.#options = options;
  }

  /** Counts `count` observations of about `seconds`. */
  add(label: string, seconds: number, count: number): void {
    const { counts } = this.#of(label);
    const place = this.#options.bounds.findIndex((bound) => seconds <= bound);
    const index = place < 0 ? counts.length - 1 : place;
    counts[index] = (counts[index] ?? 0) + count;
  }

  /** Adds to the sum of all observations, in seconds. */
  addSum(label: string, seconds: number): void {
    this.#of(label).sum += seconds;
  }

  /** The histogram in the text format of Prometheus. */
  text(): string {
    const { name, help, label } = this.#options;
    const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`];
    for (const [value, { counts, sum }] of this.#series) {
      const named = `${label}="${value}"`;
      let below = 0;
      for (const [index, count] of counts.entries()) {
        below += count;
        const bound = this.#options.bounds[index] ?? '+Inf';
        lines.push(`${name}_bucket{${named},le="${bound}"} ${below}`);
      }
      lines.push(`${name}_sum{${named}} ${sum}`, `${name}_count{${named}} ${below}`);
    }
    return `${lines.join('\n')}\n`;
  }

  #of(label: string): Series {
    const known = this.#series.get(label);
    if (known !== undefined) return known;
    const counts = Array.from({ length: this.#options.bounds.length + 1 }, () => 0);
    const series = { counts, sum: 0 };
    this.#series.set(label, series);
    return series;
  }
}
