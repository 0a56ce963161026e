/** `curl --parallel`, told what to fetch by a file. It checks nothing and writes in place. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tool } from '../tools.js';
import { idsOf, urlOfComic, type Peer } from './peer.js';

export function curlParallel(curl: Tool): Peer {
  return {
    name: 'curl --parallel',
    run: async ({ processes }, task, directory) => {
      const list = join(directory, 'curl.txt');
      const lines = idsOf(task).flatMap((id) => [
        `url = "${urlOfComic(task, id)}"`,
        `output = "${join(task.out, `${id}.json`)}"`,
      ]);
      await writeFile(list, lines.join('\n'));
      const { wallMs } = await processes.run({
        program: curl.path,
        args: [
          '--silent',
          '--fail',
          '--parallel',
          '--parallel-max',
          String(task.concurrency),
        ].concat(['--config', list]),
        cwd: directory,
      });
      return wallMs / 1000;
    },
  };
}
