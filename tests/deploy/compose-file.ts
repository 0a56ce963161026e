/** docker-compose.yml as data. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { PROJECT_ROOT } from '../support/project-root.js';

const words = z.array(z.string());

const Service = z.looseObject({
  image: z.string(),
  entrypoint: words.optional(),
  command: words,
  environment: z.record(z.string(), z.string().nullable()).default({}),
  profiles: words.default([]),
  ports: words.default([]),
  volumes: words.default([]),
  network_mode: z.string().optional(),
  restart: z.string().optional(),
  stop_grace_period: z.string().optional(),
  healthcheck: z.object({ test: words }).optional(),
});
export type Service = z.infer<typeof Service>;

const Compose = z.looseObject({ services: z.record(z.string(), Service) });

/** Reads the services of the compose file, merge keys resolved. */
export async function readServices(): Promise<Readonly<Record<string, Service>>> {
  const text = await readFile(join(PROJECT_ROOT, 'docker-compose.yml'), 'utf8');
  return Compose.parse(parse(text, { merge: true })).services;
}

/** A service that has to be there. */
export function serviceNamed(services: Readonly<Record<string, Service>>, name: string): Service {
  const service = services[name];
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return service;
}
