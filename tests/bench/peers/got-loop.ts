/** The loop that most people would write: got and p-limit. */

import { join } from 'node:path';
import { saidSeconds, type Peer } from './peer.js';

export const gotLoop: Peer = {
  name: 'got + p-limit loop',
  run: async ({ processes }, task, directory) => {
    const program = join(import.meta.dirname, 'got-loop-process.js');
    const { stdout } = await processes.run({
      program: process.execPath,
      args: [program, JSON.stringify(task)],
      cwd: directory,
    });
    return saidSeconds(stdout);
  },
};
