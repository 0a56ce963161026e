/** What a fault is: an entry of the table, and one request that meets it. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from '../answers.js';
import type { Random } from '../random.js';
import type { FaultSettings, OptionName, Site } from './settings.js';

/** One request that meets a fault. */
export interface Encounter {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The answer that the request would have got. */
  readonly honest: Answer;
  readonly settings: FaultSettings;
  readonly random: Random;
}

/** One kind of misbehaviour. */
export interface FaultKind {
  /** What the client sees, as a clause for the help. */
  readonly meaning: string;
  /** The pages it makes sense for; `only=latest` reaches the page of the latest as well. */
  readonly sites: readonly Site[];
  /** The options it takes besides those that say which requests it hits. */
  readonly options: readonly OptionName[];
  /** Answers the request, and returns the status that went out; 0 when none did. */
  readonly effect: (encounter: Encounter) => number;
}

export const COMICS: readonly Site[] = ['comics'];
export const SEARCHES: readonly Site[] = ['searches'];
export const BOTH: readonly Site[] = ['comics', 'searches'];
