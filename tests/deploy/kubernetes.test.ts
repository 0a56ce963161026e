/** The manifests of deploy/kubernetes without a cluster: their types, and what their command lines do here. */

import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import { Deployment } from 'kubernetes-models/apps/v1';
import { Job } from 'kubernetes-models/batch/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, PersistentVolumeClaim, Service } from 'kubernetes-models/v1';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { knownVariables } from '../../cli/configuration.js';
import { SETTINGS } from '../../cli/settings.js';
import { until } from '../support/condition.js';
import { PROJECT_ROOT } from '../support/project-root.js';
import { composeCommands } from './compose-file.js';
import { LocalDeployment, PASSWORD } from './local-deployment.js';
import { type Manifest, manifestCommands, podsOf, readManifests } from './manifests.js';

/** For each kind of manifest: the module of its type, and its model. */
const MODELS = {
  ConfigMap: ['kubernetes-models/v1', ConfigMap],
  PersistentVolumeClaim: ['kubernetes-models/v1', PersistentVolumeClaim],
  Service: ['kubernetes-models/v1', Service],
  Deployment: ['kubernetes-models/apps/v1', Deployment],
  Job: ['kubernetes-models/batch/v1', Job],
  PodDisruptionBudget: ['kubernetes-models/policy/v1', PodDisruptionBudget],
  ScaledObject: ['@kubernetes-models/keda/keda.sh/v1alpha1', ScaledObject],
} as const;

/** Several processes start one after the other: slow where the machine is busy. */
const SLOW = { timeout: 120_000 };

let manifests: Manifest[];

beforeAll(async () => {
  manifests = await readManifests();
});

describe('the manifests', () => {
  test('are of kinds that have a model, each as its model wants it', () => {
    expect(new Set(manifests.map(({ kind }) => kind))).toEqual(new Set(Object.keys(MODELS)));

    for (const manifest of manifests) {
      const [, Model] = modelOf(manifest);
      expect(() => new Model(manifest as never).validate()).not.toThrow();
    }
  });

  test('hold no field that Kubernetes does not know', SLOW, async () => {
    expect(await compilerOn(manifests)).toBe('');

    const misspelled = structuredClone(manifests);
    const worker = misspelled.find(({ kind }) => kind === 'PodDisruptionBudget');
    Object.assign(worker?.['spec'] ?? {}, { maxUnavailible: 1 });

    expect(await compilerOn(misspelled)).toContain('maxUnavailible');
  });

  test('run everything read-only, as nobody in particular, from one image of this version', async () => {
    const manifest = await readFile(join(PROJECT_ROOT, 'package.json'), 'utf8');
    const { version } = JSON.parse(manifest) as { version: string };
    const pods = Object.values(podsOf(manifests));

    expect(pods).toHaveLength(3);
    for (const { securityContext, containers } of pods) {
      expect(securityContext).toMatchObject({ runAsNonRoot: true });
      expect(containers[0].securityContext).toMatchObject({
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      });
      expect(containers[0].image).toBe(`registry.example.org/comic-queue:${version}`);
    }
  });

  test('hold settings that exist, and secrets as files alone', async () => {
    const [command] = Object.values(await manifestCommands());
    const names = Object.keys(command?.environment ?? {});

    expect(names.filter((name) => !knownVariables().includes(name))).toEqual([]);
    expect(names.filter((name) => name.endsWith('PASSWORD'))).toEqual([]);
    expect(Object.values(podsOf(manifests)).filter(({ containers }) => containers[0].env)).toEqual(
      [],
    );
  });

  test('give a worker more time to stop than it takes by itself', () => {
    const graceMs = (podsOf(manifests)['worker']?.terminationGracePeriodSeconds ?? 0) * 1000;

    expect(graceMs).toBeGreaterThan(Number(SETTINGS.shutdownGraceMs.fallback) + 5000);
  });
});

describe('the command lines of the manifests', () => {
  let cluster: LocalDeployment;

  beforeAll(async () => {
    const compose = await composeCommands();
    const redis = {
      words: [...(compose['redis']?.words ?? []), '--requirepass', PASSWORD],
      environment: {},
      check: ['redis-cli', '--no-auth-warning', '-a', PASSWORD, 'ping'],
    };
    cluster = await LocalDeployment.open({ ...compose, ...(await manifestCommands()), redis });
    cluster.start('redis');
    await cluster.untilHealthy('redis');
    cluster.start('origin');
    await cluster.untilHealthy('origin');
  }, SLOW.timeout);

  afterAll(async () => {
    await cluster.close();
  });

  test('work what is enqueued, pass their probes, and end well', SLOW, async () => {
    cluster.start('worker', cluster.siteVariables);
    cluster.start('dashboard');
    await cluster.untilHealthy('worker');

    const enqueued = await cluster.run('enqueue', cluster.siteVariables);
    await until('the board is ready', () => passes('/readyz'));
    const lives = await passes('/healthz');
    const ended = [await cluster.stop('worker'), await cluster.stop('dashboard')];

    expect(enqueued).toMatchObject({ code: 0 });
    expect(await cluster.kept('comics')).toHaveLength(200);
    expect(lives).toBe(true);
    expect(ended.map(({ code }) => code)).toEqual([0, 0]);
    expect(await cluster.strays()).toEqual([]);
  });

  /** As a kubelet asks: under the address of the pod. */
  async function passes(path: string): Promise<boolean> {
    return fetch(`${cluster.boardUrl}${path}`).then(
      ({ ok }) => ok,
      () => false,
    );
  }
});

function modelOf({ kind }: Manifest): (typeof MODELS)[keyof typeof MODELS] {
  return MODELS[kind as keyof typeof MODELS];
}

/** What the compiler says of manifests as constants of their types; nothing where they are well. */
async function compilerOn(all: readonly Manifest[]): Promise<string> {
  const output = join(PROJECT_ROOT, 'tests/output');
  await mkdir(output, { recursive: true });
  const folder = await mkdtemp(join(output, 'manifests-'));
  const file = join(folder, 'manifests.ts');
  const lines = all.map((manifest, index) => {
    const [module] = modelOf(manifest);
    const type = `import('${module}').I${manifest.kind}`;
    return `export const m${index} = ${JSON.stringify(manifest, null, 2)} satisfies ${type};`;
  });
  await writeFile(file, lines.join('\n'));
  const compiler = join(PROJECT_ROOT, 'node_modules/.bin/tsc');
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--ignoreConfig'];
  const { stdout } = spawnSync(compiler, [...options, '--module', 'nodenext', file]);
  await rm(folder, { recursive: true });
  return stdout.toString();
}
