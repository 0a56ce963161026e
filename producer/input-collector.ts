/** Takes the sequences of a request one after another and keeps each input once. */

import { CommandError, EXIT } from '../shared/base/errors.js';
import type { Sequence } from '../shared/kinds/kind.js';
import type { AnyInput, AnyKind } from '../shared/kinds/kinds.js';
import { formatCount } from '../shared/report/format.js';
import { RUN_JOBS_MAX } from '../shared/runs/run.js';
import { identitySetOf, type IdentitySet } from './identity-set.js';
import { listOfSequence, type InputList } from './input-list.js';
import { PAGE_INPUTS, pageFormatOf, type PageFormat } from './input-page.js';
import { PageSpool } from './page-spool.js';
import { SelectionText } from './selection-text.js';

export interface Collected {
  readonly asked: number;
  /** Undefined when nothing was added. */
  readonly list: InputList | undefined;
  /** The selection as one line; empty when it is too long to be kept. */
  readonly text: string;
}

const NOTHING_SEEN: IdentitySet = { add: () => false };

/**
 * A single sequence stays as it is: a range of ten million costs three fields. Only when a second
 * one comes are all inputs written to a spool, without those seen before.
 */
export class InputCollector {
  private readonly jobsMax: number;
  private readonly format: PageFormat;
  private readonly spool: PageSpool;
  private readonly text = new SelectionText();
  private seen: IdentitySet;
  private only: Sequence<AnyInput> | undefined;
  private asked = 0;
  private kept = 0;
  private page: AnyInput[] = [];

  constructor(kind: AnyKind, spoolDir: string, times: number) {
    this.jobsMax = Math.floor(RUN_JOBS_MAX / times);
    this.format = pageFormatOf(kind);
    this.spool = new PageSpool(spoolDir);
    this.seen = identitySetOf(kind);
  }

  /** @throws CommandError (usage) when the run would have too many jobs. */
  add(sequence: Sequence<AnyInput>): void {
    if (sequence.length > this.jobsMax) throw tooMany(sequence.length, this.jobsMax);
    const isFirst = this.asked === 0;
    this.asked += sequence.length;
    this.text.add(sequence.text);
    if (isFirst) {
      this.only = sequence;
      return;
    }
    if (this.only !== undefined) this.keep(this.only);
    this.only = undefined;
    this.keep(sequence);
  }

  /** Nothing can be added afterwards: what had been seen is forgotten. */
  finish(): Collected {
    if (this.page.length > 0) this.flush();
    this.seen = NOTHING_SEEN;
    return { asked: this.asked, list: this.list(), text: this.text.toString() };
  }

  dispose(): void {
    this.spool.dispose();
  }

  private keep(sequence: Sequence<AnyInput>): void {
    for (let index = 0; index < sequence.length; index += 1) {
      const input = sequence.at(index);
      if (this.seen.add(input)) this.push(input);
    }
  }

  private push(input: AnyInput): void {
    this.kept += 1;
    if (this.kept > this.jobsMax) throw tooMany(this.asked, this.jobsMax);
    this.page.push(input);
    if (this.page.length === PAGE_INPUTS) this.flush();
  }

  private flush(): void {
    this.spool.append(this.format.encode(this.page));
    this.page = [];
  }

  private list(): InputList | undefined {
    if (this.only !== undefined) return listOfSequence(this.only, this.format);
    if (this.kept === 0) return undefined;
    return {
      length: this.kept,
      page: (index) => this.format.decode(this.spool.page(index)),
      bytes: (index) => this.spool.page(index),
    };
  }
}

function tooMany(asked: number, jobsMax: number): CommandError {
  const limit = `a run has at most ${formatCount(RUN_JOBS_MAX)} jobs`;
  const repeated = jobsMax < RUN_JOBS_MAX ? ' with --times' : '';
  return new CommandError(
    EXIT.usage,
    `Cannot make a run of ${formatCount(asked)} inputs${repeated}: ${limit}. Split it into several runs`,
  );
}
