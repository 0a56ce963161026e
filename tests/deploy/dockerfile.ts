/** What the Dockerfile says, as data. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PROJECT_ROOT } from '../support/project-root.js';

export interface ImageDescription {
  /** What the first stage copies from the project: all that the build needs. */
  readonly buildFiles: readonly string[];
  /** What all stages copy from the project. */
  readonly files: readonly string[];
  readonly entrypoint: readonly string[];
}

/** Reads the Dockerfile. */
export async function readDockerfile(): Promise<ImageDescription> {
  const text = await readFile(join(PROJECT_ROOT, 'Dockerfile'), 'utf8');
  const stages = text
    .split(/^FROM /m)
    .slice(1)
    .map(copiedBy);
  const entrypoint: unknown = JSON.parse(/^ENTRYPOINT (.+)$/m.exec(text)?.[1] ?? '[]');
  return {
    buildFiles: stages[0] ?? [],
    files: stages.flat(),
    entrypoint: z.array(z.string()).parse(entrypoint),
  };
}

/** The sources of a stage's COPY lines but those from another stage. */
function copiedBy(stage: string): string[] {
  const lines = [...stage.matchAll(/^COPY (?!--from)(.+)$/gm)];
  return lines.flatMap(([, words = '']) => words.split(' ').slice(0, -1));
}
