/** `aria2c`, told what to fetch by a file. It checks nothing and writes in place. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tool } from '../tools.js';
import { idsOf, urlOfComic, type Peer } from './peer.js';

export function aria2(program: Tool): Peer {
  return {
    name: 'aria2c',
    run: async ({ processes }, task, directory) => {
      const list = join(directory, 'aria2.txt');
      const lines = idsOf(task).flatMap((id) => [urlOfComic(task, id), `  out=${id}.json`]);
      await writeFile(list, lines.join('\n'));
      const { wallMs } = await processes.run({
        program: program.path,
        args: ['--quiet', '--no-conf', '--file-allocation=none', '--auto-file-renaming=false']
          .concat([`--max-concurrent-downloads=${task.concurrency}`, `--dir=${task.out}`])
          .concat([`--input-file=${list}`]),
        cwd: directory,
      });
      return wallMs / 1000;
    },
  };
}
