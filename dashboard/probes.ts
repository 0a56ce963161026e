/** What a supervisor asks: does the process answer, and can it do its work? Open to everybody. */

import { Router } from 'express';
import type { RedisWatch } from './live/redis-watch.js';

/** `/healthz`: this process answers. `/readyz`: Redis answers too, else 503. */
export function probes(watch: RedisWatch): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => {
    response.type('text').send('ok\n');
  });
  router.get('/readyz', (_request, response) => {
    const ready = watch.downSinceMs() === undefined;
    response
      .status(ready ? 200 : 503)
      .type('text')
      .send(ready ? 'ok\n' : 'Redis does not answer\n');
  });
  return router;
}
