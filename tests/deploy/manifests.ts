/** The manifests of deploy/kubernetes as data. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { PROJECT_ROOT } from '../support/project-root.js';
import { readDockerfile } from './dockerfile.js';
import type { CommandLine } from './local-deployment.js';

const FOLDER = join(PROJECT_ROOT, 'deploy/kubernetes');

const Manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string().optional() }),
});
export type Manifest = z.infer<typeof Manifest>;

const SecurityContext = z.looseObject({
  readOnlyRootFilesystem: z.boolean().optional(),
  runAsNonRoot: z.boolean().optional(),
});

const Container = z.looseObject({
  name: z.string(),
  image: z.string(),
  args: z.array(z.string()),
  securityContext: SecurityContext,
  livenessProbe: z
    .looseObject({ exec: z.object({ command: z.array(z.string()) }).optional() })
    .optional(),
  env: z.array(z.unknown()).optional(),
});
export type Container = z.infer<typeof Container>;

const PodSpec = z.looseObject({
  securityContext: SecurityContext,
  terminationGracePeriodSeconds: z.number().optional(),
  containers: z.tuple([Container]),
});

const Workload = z.looseObject({
  spec: z.looseObject({ template: z.looseObject({ spec: PodSpec }) }),
});

const ConfigMap = z.looseObject({ data: z.record(z.string(), z.string()) });

const ScaledObject = z.looseObject({
  spec: z.looseObject({
    triggers: z.array(
      z.looseObject({ type: z.string(), metadata: z.record(z.string(), z.string()) }),
    ),
  }),
});

/** Reads every document of every file. */
export async function readManifests(): Promise<Manifest[]> {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.yaml'));
  const texts = await Promise.all(files.map((name) => readFile(join(FOLDER, name), 'utf8')));
  return texts
    .flatMap((text) => parseAllDocuments(text))
    .map((document) => Manifest.parse(document.toJS()));
}

/** The pods that manifests start, by the name of their container. */
export function podsOf(manifests: readonly Manifest[]): Record<string, z.infer<typeof PodSpec>> {
  const workloads = manifests.filter(({ kind }) => kind === 'Deployment' || kind === 'Job');
  return Object.fromEntries(
    workloads.map((manifest) => {
      const { spec } = Workload.parse(manifest).spec.template;
      return [spec.containers[0].name, spec];
    }),
  );
}

/** What each container starts, with the variables of the ConfigMap. */
export async function manifestCommands(): Promise<Record<string, CommandLine>> {
  const manifests = await readManifests();
  const { entrypoint } = await readDockerfile();
  const configMap = manifests.find(({ kind }) => kind === 'ConfigMap');
  const { data: environment } = ConfigMap.parse(configMap);
  return Object.fromEntries(
    Object.entries(podsOf(manifests)).map(([name, { containers }]) => {
      const [{ args, livenessProbe }] = containers;
      const check = livenessProbe?.exec?.command ?? [];
      return [name, { words: [...entrypoint, ...args], environment, check }];
    }),
  );
}

/** The query by which workers are scaled. */
export async function scalingQuery(): Promise<{ name: string; query: string }> {
  const manifest = (await readManifests()).find(({ kind }) => kind === 'ScaledObject');
  const [trigger] = ScaledObject.parse(manifest).spec.triggers;
  return { name: 'ScaledObject', query: trigger?.metadata['query'] ?? '' };
}
