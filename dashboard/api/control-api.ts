/** What a writable board does: one route, for pages of the board alone (`guard/request.ts`). */

import express, { Router } from 'express';
import { z } from 'zod';
import { CommandError, EXIT } from '../../shared/base/errors.js';
import type { Logger } from '../../shared/base/logger.js';
import { userOf } from '../guard/access.js';
import type { BoardControls } from '../options.js';
import { AnswerError } from '../problem.js';

/** Where it is: the only address that takes writes. */
export const CONTROLS_PATH = '/api/controls';

const run = z.int().min(1);
const name = z.string().min(1).max(100);

const Control = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('cancel'), run }),
  z.strictObject({ action: z.literal('retry'), run }),
  z.strictObject({ action: z.literal('pause'), queue: name }),
  z.strictObject({ action: z.literal('resume'), queue: name }),
  z.strictObject({ action: z.literal('rate'), kind: name, rate: z.string().max(20) }),
]);
type Control = z.infer<typeof Control>;

/** What was done, and the run that was made of it. */
export interface ControlDone {
  readonly text: string;
  readonly run?: number;
}

/** Does what it is asked for and logs it with who asked. */
export function controlRoutes(controls: BoardControls, logger: Logger): Router {
  const router = Router();
  router.post(CONTROLS_PATH, express.json({ limit: '4kb' }), async (request, response) => {
    const parsed = Control.safeParse(request.body);
    if (!parsed.success) throw new AnswerError(400, 'Cannot read what the board is to do');
    const control = parsed.data;
    const done = await perform(controls, control);
    const [by, address] = [userOf(request), request.ip ?? ''];
    // A log for people shows its sentence alone.
    const who = by === undefined ? address : `${by} at ${address}`;
    logger.info({ ...control, by, address }, `${done.text} Asked for by ${who}.`);
    response.json(done);
  });
  return router;
}

async function perform(controls: BoardControls, control: Control): Promise<ControlDone> {
  try {
    switch (control.action) {
      case 'cancel':
        return { text: await controls.cancel(control.run) };
      case 'retry':
        return await controls.retry(control.run);
      case 'pause':
        return { text: await controls.pause(control.queue) };
      case 'resume':
        return { text: await controls.resume(control.queue) };
      case 'rate':
        return { text: await controls.rate(control.kind, control.rate) };
    }
  } catch (error) {
    throw error instanceof CommandError ? answerOf(error) : error;
  }
}

function answerOf(error: CommandError): AnswerError {
  const statuses: Readonly<Record<number, number>> = {
    [EXIT.usage]: 400,
    [EXIT.noInput]: 404,
    [EXIT.unavailable]: 503,
  };
  return new AnswerError(statuses[error.exitCode] ?? 409, error.message, { cause: error });
}
