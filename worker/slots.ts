/** Who may work: at most so many jobs at once, the others in the order in which they came. */

/** A slot, which must be released; or none: not in time, or turned away. */
export type Turn = 'slot' | 'late' | 'away';

interface Waiting {
  readonly answer: (turn: Turn) => void;
  readonly timer: NodeJS.Timeout;
}

/** The slots of one lane in one process. */
export class Slots {
  private wanted: number;
  private used = 0;
  private isOpen = true;
  private readonly queue: Waiting[] = [];

  /** @param size jobs at once, at least 1 */
  constructor(size: number) {
    this.wanted = size;
  }

  get size(): number {
    return this.wanted;
  }

  /** Slots that are taken away are given up by the jobs in them, as these end. */
  set size(size: number) {
    this.wanted = size;
    this.fill();
  }

  /** Jobs that hold a slot. */
  get inUse(): number {
    return this.used;
  }

  /** Waits for a slot, `patienceMs` at most. */
  async take(patienceMs: number): Promise<Turn> {
    if (!this.isOpen) return 'away';
    if (this.used < this.wanted) {
      this.used += 1;
      return 'slot';
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.queue.splice(this.queue.indexOf(waiting), 1);
        resolve('late');
      }, patienceMs);
      const waiting = { answer: resolve, timer };
      this.queue.push(waiting);
    });
  }

  release(): void {
    this.used -= 1;
    this.fill();
  }

  /** Turns away everybody who waits. */
  turnAway(): void {
    for (const waiting of this.queue.splice(0)) settle(waiting, 'away');
  }

  /** Turns away everybody, until `open`. */
  close(): void {
    this.isOpen = false;
    this.turnAway();
  }

  open(): void {
    this.isOpen = true;
  }

  private fill(): void {
    while (this.used < this.wanted) {
      const waiting = this.queue.shift();
      if (waiting === undefined) return;
      this.used += 1;
      settle(waiting, 'slot');
    }
  }
}

function settle({ answer, timer }: Waiting, turn: Turn): void {
  clearTimeout(timer);
  answer(turn);
}
