/** The program that somebody would write in Python. */

import { join } from 'node:path';
import { PROJECT } from '../project.js';
import type { Tool } from '../tools.js';
import { saidSeconds, type Peer } from './peer.js';

const PROGRAM = join(PROJECT, 'tests/bench/peers/aiohttp-gather.py');

export function aiohttpGather(python: Tool): Peer {
  return {
    name: 'aiohttp gather',
    run: async ({ processes }, task, directory) => {
      const { stdout } = await processes.run({
        program: python.path,
        args: [PROGRAM, JSON.stringify(task)],
        cwd: directory,
      });
      return saidSeconds(stdout);
    },
  };
}
