/** The queries of the alert rules and of the Grafana dashboard, by Prometheus's own grammar. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';
import { z } from 'zod';
import { PROJECT_ROOT } from '../support/project-root.js';

const Rules = z.object({
  groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string(), expr: z.string() })) })),
});

const Dashboard = z.object({
  panels: z.array(
    z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })) }),
  ),
});

export interface NamedQuery {
  /** The alert or panel that asks it. */
  readonly name: string;
  readonly query: string;
}

/** The queries of the alert rules. */
export async function alertQueries(): Promise<NamedQuery[]> {
  const text = await readFile(
    join(PROJECT_ROOT, 'deploy/prometheus/comic-queue.rules.yml'),
    'utf8',
  );
  const { groups } = Rules.parse(parse(text));
  return groups
    .flatMap(({ rules }) => rules)
    .map(({ alert, expr }) => ({ name: alert, query: expr }));
}

/** The queries of the dashboard, its variables set to everything. */
export async function panelQueries(): Promise<NamedQuery[]> {
  const text = await readFile(join(PROJECT_ROOT, 'deploy/grafana/comic-queue.json'), 'utf8');
  const { panels } = Dashboard.parse(JSON.parse(text));
  return panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => ({
      name: title,
      query: expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$(?:kind|queue)\b/g, '.*'),
    })),
  );
}

/** A metric that a query selects, with the labels that it is selected by. */
export interface Selected {
  readonly metric: string;
  readonly labels: readonly string[];
}

/** What a query selects. @throws when it is not PromQL. */
export function selectedBy({ name, query }: NamedQuery): Selected[] {
  const selected: { metric: string; labels: string[] }[] = [];
  parser.parse(query).iterate({
    enter: ({ name: type, from, to, node }) => {
      const text = query.slice(from, to);
      if (node.type.isError) throw new Error(`${name}: not PromQL at "${query.slice(from)}"`);
      if (type === 'Identifier') selected.push({ metric: text, labels: [] });
      if (type === 'LabelName' && node.matchContext(['UnquotedLabelMatcher'])) {
        selected.at(-1)?.labels.push(text);
      }
    },
  });
  return selected;
}
