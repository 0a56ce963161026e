/** docker-compose.yml as data. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { PROJECT_ROOT } from '../support/project-root.js';
import { readDockerfile } from './dockerfile.js';
import type { CommandLine } from './local-deployment.js';

const words = z.array(z.string());

const Service = z.looseObject({
  image: z.string(),
  entrypoint: words.optional(),
  command: words.optional(),
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

/** The command lines of the compose file, by service; variables without a value come from `.env`. */
export async function composeCommands(): Promise<Record<string, CommandLine>> {
  const services = await readServices();
  const { entrypoint } = await readDockerfile();
  return Object.fromEntries(
    Object.entries(services).map(([name, service]) => {
      const own = service.image === 'comic-queue' ? entrypoint : [];
      const set = Object.entries(service.environment).flatMap(([variable, value]) =>
        value === null ? [] : [[variable, value] as const],
      );
      const command: CommandLine = {
        words: [...(service.entrypoint ?? own), ...(service.command ?? [])],
        environment: Object.fromEntries(set),
        check: service.healthcheck?.test.slice(1) ?? [],
      };
      return [name, command];
    }),
  );
}
