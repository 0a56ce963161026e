/** Alert rules, the Grafana dashboard, and the compose profile that runs both: against a real board. */

import { spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ask, startComparedBoard, type WorkedBoard } from '../dashboard/board-under-test.js';
import { until } from '../support/condition.js';
import { PROJECT_ROOT } from '../support/project-root.js';
import { composeCommands } from './compose-file.js';
import { LocalDeployment } from './local-deployment.js';
import { scalingQuery } from './manifests.js';
import {
  alertQueries,
  type NamedQuery,
  panelQueries,
  type Selected,
  selectedBy,
} from './promql.js';

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
const hasPrometheus =
  spawnSync('prometheus', ['--version']).status === 0 &&
  spawnSync('wget', ['--version']).status === 0;

const FOLDER = join(PROJECT_ROOT, 'deploy/prometheus');

/** Servers start one after the other: slow where the machine is busy. */
const SLOW = { timeout: 120_000 };

describe.skipIf(!hasPromtool)('deploy/prometheus (needs promtool)', () => {
  test('the rules are well-formed', () => {
    const { status, output } = promtool('check', 'rules', join(FOLDER, 'comic-queue.rules.yml'));

    expect({ status, output }).toMatchObject({ status: 0 });
  });

  test('each alert fires when it should, and not before', () => {
    const file = join(import.meta.dirname, 'comic-queue.rules.test.yml');

    const { status, output } = promtool('test', 'rules', file);

    expect({ status, output }).toMatchObject({ status: 0 });
  });

  test('the configuration is well-formed', () => {
    const { status, output } = promtool('check', 'config', join(FOLDER, 'prometheus.yml'));

    expect({ status, output }).toMatchObject({ status: 0 });
  });
});

test('every alert has a unit test', async () => {
  const tests = await readFile(join(import.meta.dirname, 'comic-queue.rules.test.yml'), 'utf8');
  const tested = new Set([...tests.matchAll(/alertname: (\w+)/g)].map(([, name]) => name));

  expect(tested).toEqual(new Set((await alertQueries()).map(({ name }) => name)));
});

describe('the queries of alerts, panels and the autoscaler', () => {
  let worked: WorkedBoard;

  beforeAll(async () => {
    worked = await startComparedBoard(16);
  });

  afterAll(async () => {
    await worked.close();
  });

  test('are PromQL', async () => {
    const queries = await allQueries();

    for (const query of queries) expect(() => selectedBy(query)).not.toThrow();
    expect(queries.length).toBeGreaterThan(20);
    expect(() => selectedBy({ name: 'broken', query: 'sum(rate(a[5m])' })).toThrow('broken');
  });

  test('name metrics and labels that the board serves', async () => {
    const queries = await allQueries();
    const served = await servedBy(`${worked.board.url}/metrics`);

    const unknown = queries
      .flatMap(selectedBy)
      // Made by Prometheus itself, about the scrape.
      .filter(({ metric }) => metric !== 'up')
      .filter((selected) => !isServed(selected, served));

    expect(unknown).toEqual([]);
  });
});

describe.skipIf(!hasPrometheus)('the profile `monitoring` (needs prometheus and wget)', () => {
  let compose: LocalDeployment;

  beforeAll(async () => {
    compose = await LocalDeployment.open(await composeCommands());
    for (const file of await readdir(FOLDER)) {
      const text = await readFile(join(FOLDER, file), 'utf8');
      // As often as a test wants it; all else is as it is.
      const often = text.replace(/^( {2}(?:scrape|evaluation)_interval): 15s$/gm, '$1: 1s');
      await compose.configurePrometheus(file, often);
    }
    compose.start('redis');
    await compose.untilHealthy('redis');
    compose.start('dashboard');
    await compose.untilHealthy('dashboard');
    compose.start('prometheus');
    await compose.untilHealthy('prometheus');
  }, SLOW.timeout);

  afterAll(async () => {
    await compose.close();
  });

  test('scrapes the board with its password, and evaluates each rule', SLOW, async () => {
    await until('the target is up', async () => (await targets()).includes('up'));

    const { groups } = await until('the rules are evaluated', async () => {
      const data = await prometheus('/api/v1/rules', Rules);
      return data.groups[0]?.rules.every(({ health }) => health !== 'unknown') && data;
    });

    const rules = groups.flatMap((group) => group.rules);
    expect(rules.map(({ health, name }) => `${name} ${health}`)).toEqual(
      (await alertQueries()).map(({ name }) => `${name} ok`),
    );
    expect(rules.filter(({ state }) => state === 'firing')).toEqual([]);
  });

  test('answers each query of the dashboard and the autoscaler', SLOW, async () => {
    for (const { name, query } of [...(await panelQueries()), await scalingQuery()]) {
      const path = `/api/v1/query?query=${encodeURIComponent(query)}`;
      const answer = await fetch(`${compose.prometheusUrl}${path}`);
      expect({ name, status: answer.status }).toEqual({ name, status: 200 });
    }
  });

  test('the board lets itself be asked by its name in compose', async () => {
    // It wants a password; under a name that it does not know, it says nothing at all.
    expect(await statusUnder('dashboard:3000')).toBe(401);
    expect(await statusUnder('elsewhere.example')).toBe(421);
  });

  async function targets(): Promise<string[]> {
    const data = await prometheus('/api/v1/targets', Targets);
    return data.activeTargets.map(({ health }) => health);
  }

  async function prometheus<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    const answer = await fetch(`${compose.prometheusUrl}${path}`);
    return z.object({ data: schema }).parse(await answer.json()).data;
  }

  async function statusUnder(host: string): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      request(`${compose.boardUrl}/metrics`, { headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
  }
});

/** Those of alerts, panels and the autoscaler. */
async function allQueries(): Promise<NamedQuery[]> {
  return [...(await alertQueries()), ...(await panelQueries()), await scalingQuery()];
}

const Targets = z.object({ activeTargets: z.array(z.object({ health: z.string() })) });

const Rules = z.object({
  groups: z.array(
    z.object({
      rules: z.array(z.object({ name: z.string(), health: z.string(), state: z.string() })),
    }),
  ),
});

function promtool(...args: readonly string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args);
  return { status, output: `${stdout.toString()}${stderr.toString()}` };
}

/** The labels of each metric in a scrape; a metric without samples has none. */
async function servedBy(url: string): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const { text } = await ask(url);
  const served = new Map<string, Set<string>>();
  for (const [, name = ''] of text.matchAll(/^# TYPE (\w+)/gm)) served.set(name, new Set());
  for (const [, name = '', labels = ''] of text.matchAll(/^(\w+)(?:\{([^}]*)\})? /gm)) {
    const known = served.get(name) ?? new Set();
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) known.add(label);
    served.set(name, known);
  }
  return served;
}

function isServed(
  { metric, labels }: Selected,
  served: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  const known = served.get(metric);
  return known !== undefined && labels.every((label) => known.has(label));
}
